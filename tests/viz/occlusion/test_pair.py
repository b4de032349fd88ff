"""Two networks' occlusions of one image: classes by name, cell by cell, and in words."""

import pytest
import torch

from viz.occlusion import Occlusion
from viz.occlusion.pair import in_words, layers_beside, occlusions_beside

ANT, BEE, CAT = range(3)


def occlusion(*answers: list[float], base: list[float], rows: int = 1) -> Occlusion:
    """Of a few cells in one or more rows, each with its probabilities."""
    probability = torch.tensor(answers, dtype=torch.float64).unflatten(0, (rows, -1))
    shape = probability.shape[:2]
    return Occlusion(
        probability=probability,
        activation=torch.ones(*shape, 1),
        base=torch.tensor(base, dtype=torch.float64),
        base_activation=torch.tensor([2.0]),
        layers=("relu5",),
        channel=torch.tensor([3]),
        window=8,
        stride=4,
        done=len(answers),
    )


@pytest.fixture
def first() -> Occlusion:
    """Knows ant and bee; sure of bee but for the second place."""
    return occlusion([0.25, 0.75], [0.75, 0.25], base=[0.25, 0.75])


@pytest.fixture
def second() -> Occlusion:
    """Knows cat and bee; sure of bee but for the first place."""
    return occlusion([0.875, 0.125], [0.0, 1.0], base=[0.0, 1.0])


def test_a_network_beside_itself_differs_nowhere(first):
    pair = occlusions_beside(first, first, (["ant", "bee"], ["ant", "bee"]))
    assert pair.classes == ("ant", "bee")
    assert torch.equal(pair.difference(BEE), torch.zeros(1, 2, dtype=torch.float64))


def test_classes_are_matched_by_name_and_what_was_not_learned_has_no_probability(first, second):
    pair = occlusions_beside(first, second, (["ant", "bee"], ["cat", "bee"]))
    assert pair.classes == ("ant", "bee", "cat")
    assert pair.difference(BEE).tolist() == [[0.125 - 0.75, 1.0 - 0.25]]
    assert pair.difference(ANT).tolist() == [[-0.25, -0.75]]
    assert pair.second.predicted.tolist() == [[CAT, BEE]]
    assert pair.second.base.tolist() == [0, 1, 0]


def test_inputs_of_two_sizes_have_no_difference_but_places_in_common(first):
    larger = occlusion(*([[0.5, 0.5]] * 6), base=[0.5, 0.5], rows=2)
    pair = occlusions_beside(first, larger, (["ant", "bee"], ["ant", "bee"]))
    assert pair.difference(BEE) is None
    assert pair.shape == (1, 2)
    assert "difference" not in pair.arrays(BEE, ("relu5", "relu5"))


def test_words_name_the_answers_and_the_dearest_places(first, second):
    pair = occlusions_beside(first, second, (["ant", "bee"], ["cat", "bee"]))
    assert in_words(pair, BEE) == (
        "Uncovered, P(bee) is 75.0 % for A and 100.0 % for B. "
        "A leans most on the square at row 0, column 4: covering it leaves 25.0 %. "
        "B leans most on the square at row 0, column 0: covering it leaves 12.5 %."
    )
    assert "No square costs B any of it." in in_words(pair, ANT)


def test_a_layer_that_the_second_has_not_gives_way_to_its_last_maps(first, make_tiny):
    pair = occlusions_beside(first, first, (["ant", "bee"], ["ant", "bee"]))
    assert layers_beside(pair, "relu5", make_tiny()) == ("relu5", "relu5")
    assert layers_beside(pair, "inception3a", make_tiny()) == ("inception3a", "relu5")
