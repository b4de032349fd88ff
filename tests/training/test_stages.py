"""Sides, receptive fields and work by arithmetic are those of the network that is built."""

from dataclasses import asdict
from typing import Any

import pytest
import torch
from torch import nn

from training.errors import WorkbenchError
from training.models import MODELS, architecture
from training.models.alexnet import AlexNet
from training.models.stages import stages

FAMILY = [name for name, design in MODELS.items() if isinstance(design, AlexNet)]
CHANGES: list[dict[str, Any]] = [
    {},
    {"strides": None},
    {"pool_ceil": True, "pool_kernel": 2},
    {"without": ("conv2",)},
]


@pytest.mark.parametrize("name", FAMILY)
@pytest.mark.parametrize("change", CHANGES)
def test_they_are_those_of_the_network(name: str, change: dict[str, Any]) -> None:
    if "strides" in change:
        usual = MODELS[name]
        assert isinstance(usual, AlexNet)
        change = {"strides": (usual.strides[0] + 1, *usual.strides[1:])}
    if "without" in change and name == "alexnet":
        change = {"without": ("conv3",)}
    design = architecture(name, **change)
    assert isinstance(design, AlexNet)
    with torch.device("meta"):
        network = design.build(10)
        image = torch.empty(1, design.channels, design.image_size, design.image_size)
        maps = network.activations(image, list(network.geometry))
    for number, stage in enumerate(stages(asdict(design)), start=1):
        if stage.name in design.without:
            assert stage.parameters == 0
            continue
        layer = network.layers[stage.name]
        assert isinstance(layer, nn.Conv2d)
        assert maps[stage.name].shape[-1] == stage.side
        assert network.geometry[stage.name] == stage.field
        assert stage.parameters == sum(each.numel() for each in layer.parameters())
        assert stage.work == layer.weight.numel() * stage.side**2
        last = f"pool{number}" if number in design.pool_after else stage.name
        assert maps[last].shape[-1] == stage.pooled


def test_where_nothing_is_left_the_row_says_why_and_the_network_is_refused() -> None:
    options = {**asdict(MODELS["alexnet-small"]), "strides": (32, 1, 1, 1, 1)}
    last = stages(options)[-1]
    assert last.name == "conv1"
    assert (
        last.fault == "a pooling window of 3 px does not fit into a map of 2 × 2: nothing is left"
    )
    with pytest.raises(WorkbenchError, match="nothing is left of the image"):
        architecture("alexnet-small", strides=(32, 1, 1, 1, 1))


def test_a_kernel_larger_than_its_padded_map_is_named() -> None:
    options = {**asdict(MODELS["alexnet-small"]), "kernels": (90, 5, 3, 3, 3)}
    fault = stages(options)[-1].fault
    assert fault is not None
    assert "a kernel of 90 px does not fit into a map of 64 × 64 with 3 px of padding" in fault
