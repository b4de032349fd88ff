"""Other preprocessings tried on the same images, and the one named that fits."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from scipy.stats import binomtest
from torch import nn

from training.models import Network
from training.preprocess import Preprocess
from training.runs import Run
from viz import answer
from viz.network.images import SplitImages
from viz.preprocessing_check import PreprocessingLook, PreprocessingQuery, PreprocessingShown
from viz.preprocessing_check.compute import WAYS, Tried, by_chance, try_ways

HALF = next(place for place, way in enumerate(WAYS) if way.name == "−1 to 1")


def test_each_way_gives_what_the_network_says_to_such_an_input(run: Run):
    network, images = run.network(1), SplitImages(run.data().val, run.preprocess)[:]
    labels = torch.from_numpy(run.data().val.labels.copy())
    found = try_ways(network, images, labels, run.preprocess)
    colours = run.preprocess.picture(images)
    for place, seen in ((0, images), (1 + HALF, 2 * colours - 1)):
        probability = network.probabilities(seen)
        assert torch.allclose(found.confidence[place], probability.amax(1), atol=1e-5)
        assert torch.equal(found.correct[place], probability.argmax(1) == labels)


def test_the_way_a_network_was_made_for_is_named_where_the_run_says_another():
    # it tells light from dark pictures by the sign of what it is given: made for -1 to 1
    layer = nn.Linear(3 * 8 * 8, 2, bias=False)
    layer.weight.data = torch.tensor([[1.0], [-1.0]]).expand(2, 192).clone()
    network = Network({"fc": layer}, image_size=8).eval()
    colours = torch.rand(64, 1, 1, 1, generator=torch.Generator().manual_seed(0))
    colours = colours.expand(64, 3, 8, 8)
    labels = (colours[:, 0, 0, 0] < 0.5).long()
    run_says = Preprocess.of_colours(8, 8, (0.0,) * 3, (1 / 255,) * 3, channels=3)
    found = try_ways(network, 255 * colours, labels, run_says)
    shown = PreprocessingShown(PreprocessingLook(), "wrong", found)
    assert shown.names[shown.best] == "−1 to 1"
    assert found.correct[shown.best].all()
    assert "Import it with --range '[-1, 1]'" in shown.verdict


def shown_of(*right: list[bool]) -> PreprocessingShown:
    correct = torch.zeros(1 + len(WAYS), len(right[0]), dtype=torch.bool)
    for place, each in zip((0, 1 + HALF), right, strict=True):
        correct[place] = torch.tensor(each)
    found = Tried(torch.arange(len(right[0])), correct, torch.full(correct.shape, 0.5))
    return PreprocessingShown(PreprocessingLook(), "run", found)


def test_a_difference_that_chance_may_make_is_called_one():
    close = shown_of([True] * 10 + [False] * 3, [True] * 12 + [False])
    assert "no more than chance makes of it (50%)" in close.verdict
    clear = shown_of([False] * 10 + [True] * 3, [True] * 13)
    assert "more than chance" in clear.verdict
    own = shown_of([True] * 13, [True] * 9 + [False] * 4)
    assert "no other does better, the next is −1 to 1 with 9" in own.verdict


@pytest.mark.parametrize("only", [(0, 0), (3, 1), (8, 1), (5, 5)])
def test_chance_is_that_of_the_exact_binomial_test(only: tuple[int, int]):
    first = torch.tensor([True] * only[0] + [False] * only[1] + [True] * 4)
    second = torch.tensor([False] * only[0] + [True] * only[1] + [True] * 4)
    expected = binomtest(only[0], sum(only), 0.5).pvalue if sum(only) else 1.0
    assert by_chance(first, second) == pytest.approx(expected)


def test_without_known_classes_only_the_confidence_is_compared_and_called_weaker(run: Run):
    found = answer(PreprocessingQuery(str(run.path), images=5))
    assert found.correct.shape == (1 + len(WAYS), 5)
    bare = replace(found, correct=torch.zeros(1 + len(WAYS), 0, dtype=torch.bool))
    shown = PreprocessingShown(PreprocessingLook(), "run", bare)
    assert "weaker evidence" in shown.verdict
