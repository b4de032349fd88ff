"""Channels whose fate is known: dead, rare, alike, checkered."""

import numpy as np
import pytest
import torch
from torch import nn

from training.errors import WorkbenchError
from training.models import Network
from viz.network.responses import checkerboard_energy, responses


def network(weight: torch.Tensor, bias: torch.Tensor) -> Network:
    """One convolution of 1×1, so that each channel is a known mixture of the colours."""
    conv = nn.Conv2d(3, len(weight), 1)
    with torch.no_grad():
        conv.weight.copy_(weight[:, :, None, None])
        conv.bias.copy_(bias)
    layers = {"conv1": conv, "relu1": nn.ReLU(), "fc2": nn.Linear(len(weight) * 64, 2)}
    return Network(layers, image_size=8).eval()


@pytest.fixture
def images() -> torch.Tensor:
    return torch.randn(200, 3, 8, 8, generator=torch.Generator().manual_seed(0))


def test_dead_rare_and_equal_channels_are_found_and_no_others(images):
    eye = torch.eye(3)
    # red, its double, minus red, green, never, only above 3.5 of green, never
    weight = torch.stack([eye[0], 2 * eye[0], -eye[0], eye[1], eye[2], eye[1], 0 * eye[0]])
    bias = torch.tensor([0.0, 0.0, 0.0, 0.0, -100.0, -3.5, -1.0])
    found = responses(network(weight, bias), images, ["relu1"])["relu1"]
    assert found.dead() == [4, 6]
    rare = int((images[:, 1].amax((1, 2)) > 3.5).sum())
    assert 0 < rare < 20
    assert found.near_dead(0.1) == [5]
    assert found.active[5] == pytest.approx(rare / 200)
    [(first, second, correlation)] = found.duplicates()
    assert (first, second) == (0, 1)
    assert correlation == pytest.approx(1, abs=1e-6)


def test_the_numbers_are_those_of_all_responses_at_once(images):
    generator = torch.Generator().manual_seed(1)
    one = network(torch.randn(6, 3, generator=generator), torch.randn(6, generator=generator))
    found = responses(one, images, ["conv1", "relu1"])
    for layer in ("conv1", "relu1"):
        with torch.no_grad():
            maps = one.activations(images, [layer])[layer]
        values = maps.transpose(0, 1).flatten(1).double()
        ours = found[layer]
        assert torch.allclose(ours.mean, values.mean(1), atol=1e-5)
        assert torch.allclose(ours.deviation, values.std(1, correction=0), atol=1e-5)
        assert np.allclose(ours.correlation, np.corrcoef(values), atol=1e-5)
        assert torch.allclose(ours.firing, (values > 0).double().mean(1))


def test_batches_make_no_difference(images):
    one = network(torch.eye(3), torch.zeros(3))
    whole = responses(one, images, ["relu1"])["relu1"]
    parts = responses(one, iter(images.split(7)), ["relu1"])["relu1"]
    assert torch.equal(whole.active, parts.active)
    assert torch.allclose(whole.correlation, parts.correlation, atol=1e-6)
    assert torch.allclose(whole.checkerboard, parts.checkerboard, atol=1e-6)


def test_a_fully_connected_layer_has_maps_of_one_unit(images):
    found = responses(network(torch.eye(3), torch.zeros(3)), images, ["fc2"])["fc2"]
    assert found.correlation.shape == (2, 2)
    assert found.checkerboard.tolist() == [0, 0]


def test_only_a_checkerboard_is_all_checkerboard():
    rows, columns = torch.meshgrid(torch.arange(16), torch.arange(16), indexing="ij")
    checks = (-1.0) ** (rows + columns)
    stripes, slope = (-1.0) ** rows, rows.float()
    noise = torch.randn(16, 16, generator=torch.Generator().manual_seed(0))
    maps = torch.stack([checks, stripes, slope, noise])[None]
    part, whole = checkerboard_energy(maps)
    shares = (part / whole).tolist()
    assert shares[:3] == pytest.approx([1, 0, 0])
    assert shares[3] == pytest.approx(1 / 3, abs=0.08)


def test_without_images_there_is_nothing_to_say():
    with pytest.raises(WorkbenchError, match="no image"):
        responses(network(torch.eye(3), torch.zeros(3)), iter([]), ["relu1"])
