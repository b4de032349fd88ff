"""Channels whose responses are known beforehand."""

import numpy as np
import pytest
import torch
from torch import nn

from training.errors import WorkbenchError
from training.models import Network
from viz.top_patches import mine
from viz.unit.compute import profiles


def network(weight: torch.Tensor) -> Network:
    """Each channel a mixture of the colours, rectified."""
    conv = nn.Conv2d(3, len(weight), 1, bias=False)
    with torch.no_grad():
        conv.weight.copy_(weight[:, :, None, None])
    last = nn.Linear(len(weight) * 16, 2)
    return Network({"conv1": conv, "relu1": nn.ReLU(), "fc2": last}, image_size=4).eval()


@pytest.fixture
def images() -> torch.Tensor:
    """Six images of one colour each: red 1 to 3, then green 1 to 3."""
    found = torch.zeros(6, 3, 4, 4)
    for place in range(6):
        found[place, place // 3] = place % 3 + 1
    return found


LABELS = np.array([0, 0, 0, 2, 2, 2])
# red, green, twice red, minus red
WEIGHT = torch.tensor([[1.0, 0, 0], [0, 1, 0], [2, 0, 0], [-1, 0, 0]])


def profiled(images, layer="relu1", bins=3):
    one = network(WEIGHT)
    highest = mine(one, images, [layer], 1)[layer].score[:, 0]
    return profiles(one, images, LABELS, layer, highest, num_classes=3, bins=bins)


def test_a_channel_counts_the_images_by_their_response(images):
    found = profiled(images)
    assert found.edge[0].tolist() == pytest.approx([0, 1, 2, 3])
    assert found.images.tolist() == [[0, 1, 2], [0, 1, 2], [0, 1, 2], [0, 0, 0]]
    assert found.active.tolist() == pytest.approx([0.5, 0.5, 0.5, 0])


def test_a_channel_prefers_the_classes_that_excite_it(images):
    found = profiled(images)
    assert found.by_class[0, [0, 2]].tolist() == pytest.approx([2, 0])
    assert found.by_class[2, 0] == pytest.approx(4)
    assert found.by_class[:, 1].isnan().all()  # a class without images
    assert found.preferred(0, 3) == [0]
    assert found.preferred(1, 3) == [2]
    assert found.preferred(3, 3) == []


def test_channels_that_fire_for_the_same_images_are_alike(images):
    found = profiled(images)
    assert found.likeness[0, 2] == pytest.approx(1)
    assert found.likeness[0, 1] < 0
    assert found.similar(0, 5) == [2]
    assert found.similar(3, 5) == []
    responses = np.array([[1, 2, 3, 0, 0, 0], [0, 0, 0, 1, 2, 3]])
    assert found.likeness[0, 1] == pytest.approx(np.corrcoef(responses)[0, 1])


def test_a_fully_connected_layer_has_profiles_too(images):
    found = profiled(images, "fc2")
    assert found.images.shape == (2, 3)
    assert found.likeness.shape == (2, 2)


def test_without_images_there_is_no_profile():
    with pytest.raises(WorkbenchError, match="no image"):
        profiles(
            network(WEIGHT),
            torch.zeros(0, 3, 4, 4),
            LABELS[:0],
            "relu1",
            torch.ones(4),
            num_classes=3,
        )
