"""Channels that learn at an epoch one can read off."""

import math

import pytest
import torch

from viz.evolution import half_learnt, learnt, motion, same_image_since, word
from viz.evolution.learning import Motion, is_settled

EPOCHS = torch.tensor([0, 2, 5, 9])
STILL = torch.ones(4, 1)  # a filter that never turns


def of_one(*values: float) -> torch.Tensor:
    return torch.tensor(values)[:, None]


def turned(*degrees: float) -> Motion:
    """A filter of two weights that turns, epoch by epoch."""
    angles = dict(zip(EPOCHS.tolist(), map(math.radians, degrees), strict=True))
    return motion(
        lambda epoch: torch.tensor([[math.cos(angles[epoch]), math.sin(angles[epoch])]]),
        EPOCHS.tolist(),
    )


@pytest.mark.parametrize(
    ("images", "since"),
    [([7, 7, 7, 7], 0), ([1, 7, 7, 7], 2), ([7, 1, 7, 7], 5), ([7, 7, 7, 1], None)],
)
def test_the_strongest_image_stays_from_an_epoch_on(images, since):
    assert same_image_since(EPOCHS, torch.tensor(images)[:, None]) == [since]


def test_channels_learn_each_for_itself():
    images = torch.tensor([[7, 1], [7, 2], [7, 3], [7, 3]])
    assert same_image_since(EPOCHS, images) == [0, 5]


@pytest.mark.parametrize(
    ("response", "when"),
    [
        ((2.0, 2.0, 2.0, 2.0), 0),
        ((0.1, 1.81, 2.0, 2.0), 2),  # within 10 % of 2, which 1.79 is not
        ((0.1, 1.79, 2.0, 2.0), 5),
        ((2.0, 0.1, 2.1, 2.0), 5),  # it went away and came back
        ((0.1, 1.0, 1.5, 2.0), None),  # the last epoch alone proves nothing
    ],
)
def test_a_channel_has_learnt_where_its_response_stays_within_a_tenth(response, when):
    assert learnt(EPOCHS, of_one(*response), STILL) == [when]


@pytest.mark.parametrize(
    ("degrees", "when"),
    [
        ((0, 0, 0, 0), 0),
        ((90, 25, 10, 0), 2),  # the cosine of 25° is 0.906
        ((90, 26, 10, 0), 5),  # that of 26° is 0.899
        ((10, 90, 10, 0), 5),  # it went away and came back
        ((90, 90, 90, 0), None),
    ],
)
def test_a_channel_has_learnt_where_its_weights_point_where_the_last_ones_do(degrees, when):
    assert learnt(EPOCHS, of_one(2, 2, 2, 2), turned(*degrees).cosine) == [when]


def test_a_response_that_grew_a_hundredfold_was_not_there_from_the_start():
    grown = of_one(0.02, 0.5, 1.95, 2.0)
    assert turned(0, 0, 0, 0).cosine.min() == 1  # the same filter since epoch 0
    assert learnt(EPOCHS, grown, turned(0, 0, 0, 0).cosine) == [5]


def test_the_later_of_response_and_direction_counts():
    assert learnt(EPOCHS, of_one(0.1, 2, 2, 2), turned(90, 90, 10, 0).cosine) == [5]
    assert learnt(EPOCHS, of_one(0.1, 0.1, 2, 2), turned(90, 10, 10, 0).cosine) == [5]


def test_a_layer_without_weights_goes_by_its_response():
    assert learnt(EPOCHS, of_one(0.1, 2, 2, 2), torch.ones(4, 0)) == [2]


def test_a_negative_response_settles_too():
    assert is_settled(of_one(-1.05, -2, -1.2, -1))[:, 0].tolist() == [True, False, False, True]


def test_weights_that_turn_and_grow():
    weights = {0: torch.tensor([[3.0, 4.0]]), 1: torch.tensor([[6.0, 8.0]])}
    grown = motion(weights.__getitem__, [0, 1])
    assert grown.cosine[:, 0].tolist() == pytest.approx([1, 1])
    assert grown.distance.tolist() == [1]  # 5 long, then 10 in the same direction
    across = motion({0: torch.tensor([[1.0, 0.0]]), 1: torch.tensor([[0.0, 1.0]])}.get, [0, 1])
    assert across.cosine[:, 0].tolist() == [0, 1]
    assert across.distance.tolist() == pytest.approx([math.sqrt(2)])


def test_an_empty_filter_points_nowhere_but_where_it_is():
    empty = motion(lambda _epoch: torch.zeros(1, 4), [0, 1, 2])
    assert empty.cosine[:, 0].tolist() == [0, 0, 1]
    assert empty.distance.tolist() == [0]


@pytest.mark.parametrize(
    ("when", "response", "said"),
    [
        (5, 2.0, "learnt at epoch 5"),
        (0, 2.0, "as at epoch 0"),
        (None, 2.0, "still changing"),
        (0, 0.0, "silent"),
    ],
)
def test_what_is_said_of_a_channel(when, response, said):
    assert word(when, 0, response) == said


def test_half_of_the_channels_have_learnt_by_an_epoch():
    assert half_learnt([1, 5, 9, None]) == 5
    assert half_learnt([1, 5, 9]) == 5
    assert half_learnt([1, None, None]) is None
    assert half_learnt([]) is None
