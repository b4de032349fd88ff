"""Heat maps of one class in two networks: what the second has more, and how alike they are."""

from math import isnan

import pytest
import torch

from viz.attribution.pair import heats_beside

FIRST = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
REVERSED = torch.tensor([[4.0, 3.0], [2.0, 1.0]])


def test_a_network_beside_itself_differs_nowhere_and_agrees_in_full():
    heats = heats_beside({"gradient": FIRST}, {"gradient": FIRST})
    assert not heats.difference["gradient"].any()
    assert heats.likeness("gradient") == pytest.approx(1)


def test_the_difference_is_second_minus_first_of_the_methods_that_both_have():
    heats = heats_beside({"gradient": FIRST, "guided": FIRST}, {"gradient": REVERSED})
    assert list(heats.first) == list(heats.second) == ["gradient"]
    assert heats.difference["gradient"].tolist() == [[3, 1], [-1, -3]]
    assert heats.likeness("gradient") == pytest.approx(-1)
    assert list(heats.arrays()) == ["gradient", "second_gradient", "difference_gradient"]


def test_inputs_of_two_sizes_have_no_difference_and_no_likeness():
    heats = heats_beside({"gradient": FIRST}, {"gradient": torch.ones(4, 4)})
    assert heats.difference == {}
    assert isnan(heats.likeness("gradient"))
