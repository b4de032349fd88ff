"""Which images to start with: right but not too sure, and hurt by what is covered."""

import pytest
import torch
from torch import Tensor, nn

from viz.network.starting import spread, starting_order

SIDE = 8


class Reads(nn.Module):
    """P of class 1 is the mean of the first channel, of class 0 what is left."""

    device = torch.device("cpu")

    def probabilities(self, images: Tensor) -> Tensor:
        share = images[:, 0].mean((1, 2))
        return torch.stack([1 - share, share], dim=1)


def even(share: float) -> Tensor:
    """An image whose evidence lies everywhere: a window takes a sixteenth of it."""
    return torch.full((3, SIDE, SIDE), share)


def in_a_corner(share: float) -> Tensor:
    """The same evidence in one window's place."""
    image = torch.zeros(3, SIDE, SIDE)
    image[:, :2, :2] = 16 * share
    return image


def order(*images: Tensor, labels: list[int] | None = None, candidates: int = 6) -> list[int]:
    labels = labels or [1] * len(images)
    return starting_order(Reads(), torch.stack(images), labels, candidates=candidates)


def test_the_one_that_loses_most_where_a_window_covers_it_comes_first() -> None:
    assert order(even(0.9), in_a_corner(0.7), even(0.8))[0] == 1


def test_an_answer_that_is_sure_or_hardly_one_comes_after_those_between() -> None:
    assert order(even(0.99), even(0.55), even(0.7)) == [2, 0, 1]


def test_a_wrong_answer_comes_last_and_of_wrong_ones_the_likeliest_true_class_first() -> None:
    assert order(even(0.1), even(0.3), even(0.7)) == [2, 1, 0]
    assert order(even(0.1), even(0.3)) == [1, 0]


def test_each_class_has_its_turn_before_one_comes_again() -> None:
    found = order(even(0.9), even(0.8), even(0.2), labels=[1, 1, 0])
    assert found[1] == 2


def test_an_image_of_a_class_that_the_network_does_not_have_comes_last() -> None:
    assert order(even(0.9), even(0.4), labels=[-1, 1]) == [1, 0]


def test_without_candidates_nothing_is_covered_and_there_is_an_order_nevertheless() -> None:
    assert order(even(0.7), even(0.9), candidates=0) == [1, 0]


def test_weights_that_are_no_numbers_give_an_order_nevertheless() -> None:
    assert sorted(order(even(float("nan")), even(0.9))) == [0, 1]


@pytest.mark.parametrize(
    ("count", "wanted", "numbers"), [(10, 3, [0, 4, 9]), (2, 5, [0, 1]), (0, 5, []), (5, 0, [])]
)
def test_a_sample_is_spread_evenly(count: int, wanted: int, numbers: list[int]) -> None:
    assert spread(count, wanted) == numbers
