"""Channels that settle at an epoch one can read off."""

import math

import pytest
import torch

from viz.evolution import filter_settled, same_image_since

EPOCHS = torch.tensor([0, 2, 5, 9])


@pytest.mark.parametrize(
    ("images", "since"),
    [([7, 7, 7, 7], 0), ([1, 7, 7, 7], 2), ([7, 1, 7, 7], 5), ([7, 7, 7, 1], None)],
)
def test_a_channel_has_settled_where_its_image_stays_the_same(images, since):
    assert same_image_since(EPOCHS, torch.tensor(images)[:, None]) == [since]


def test_channels_settle_each_for_itself():
    images = torch.tensor([[7, 1], [7, 2], [7, 3], [7, 3]])
    assert same_image_since(EPOCHS, images) == [0, 5]


def turned(*degrees: float) -> dict[int, torch.Tensor]:
    """A filter of two weights that turns, epoch by epoch."""
    angles = [math.radians(one) for one in degrees]
    return {
        epoch: torch.tensor([[math.cos(angle), math.sin(angle)]])
        for epoch, angle in zip(EPOCHS.tolist(), angles, strict=True)
    }


@pytest.mark.parametrize(
    ("degrees", "since"),
    [
        ((0, 0, 0, 0), 0),
        ((90, 25, 10, 0), 2),  # the cosine of 25° is 0.906
        ((90, 26, 10, 0), 5),  # that of 26° is 0.899
        ((10, 90, 10, 0), 5),  # it went away and came back
        ((90, 90, 90, 0), 9),
    ],
)
def test_a_filter_has_settled_where_it_points_where_the_last_one_does(degrees, since):
    assert filter_settled(turned(*degrees)) == [since]


def test_length_plays_no_part_and_an_empty_filter_settles_last():
    weights = {
        epoch: torch.stack([scale * torch.ones(4), torch.zeros(4)])
        for epoch, scale in ((1, 0.1), (2, 3.0))
    }
    assert filter_settled(weights) == [1, 2]
