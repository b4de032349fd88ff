"""Heat maps of one class in two networks: what the second has more, and how alike they are."""

from math import isnan
from types import SimpleNamespace

import pytest
import torch

from training.runs import Run
from viz import ask_two
from viz.attribution import AttributionLook, AttributionQuery
from viz.attribution.pair import HeatsOfTwo, pair
from viz.attribution.query import AttributionShown
from viz.drawing.pairs import draw_pair

FIRST = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
REVERSED = torch.tensor([[4.0, 3.0], [2.0, 1.0]])


def shown(whole=(0.25, 0.75), side=8, **maps) -> AttributionShown:
    """Of the class bee; maps by method, dashes written as underscores."""
    by_method = {name.replace("_", "-"): heat for name, heat in maps.items()}
    picture = torch.ones(3, side, side)
    classes = ("ant", "bee")
    return AttributionShown(AttributionLook(), classes, 1, picture, torch.tensor(whole), by_method)


def side_of(one: AttributionShown):
    """As much of a side as `pair` looks at."""
    size = SimpleNamespace(size=one.picture.shape[-1])
    return SimpleNamespace(shown=one, opened=SimpleNamespace(run=SimpleNamespace(preprocess=size)))


@pytest.fixture
def flat():
    """Flat maps, so that full colour is their one value: amounts of 1 and 4, signed −1 and 2."""
    return [
        shown(gradient=torch.full((8, 8), amount), occlusion=torch.full((8, 8), signed))
        for amount, signed in ((1.0, -1.0), (4.0, 2.0))
    ]


def test_a_network_compared_with_itself_differs_nowhere_and_agrees_in_full():
    heats = HeatsOfTwo(shown(gradient=FIRST), shown(gradient=FIRST))
    assert not heats.difference["gradient"].any()
    assert heats.likeness("gradient") == pytest.approx(1)


def test_the_difference_is_second_minus_first_of_the_methods_that_both_have():
    a, b = shown(gradient=FIRST, guided=FIRST), shown(gradient=REVERSED)
    heats = HeatsOfTwo(a, b)
    assert list(heats.first) == list(heats.second) == ["gradient"]
    assert heats.difference["gradient"].tolist() == [[3, 1], [-1, -3]]
    assert heats.likeness("gradient") == pytest.approx(-1)
    arrays = pair(side_of(a), side_of(b)).arrays()
    assert {"gradient", "second_gradient", "difference_gradient", "second_whole"} <= set(arrays)
    assert "guided" not in arrays


def test_inputs_of_two_sizes_have_no_difference_and_it_is_said_why():
    a, b = shown(gradient=FIRST), shown(gradient=torch.ones(4, 4), side=16)
    heats = HeatsOfTwo(a, b)
    assert heats.difference == {}
    assert isnan(heats.likeness("gradient"))
    both = pair(side_of(a), side_of(b))
    assert both.rows[0].difference is None
    assert "A sees 8 px and B 16 px" in both.words()


def test_it_is_told_how_sure_the_two_are_and_how_alike_their_maps():
    a, b = shown(gradient=FIRST), shown((0.5, 0.5), gradient=REVERSED)
    assert pair(side_of(a), side_of(b)).words() == (
        "P(bee) is 75.0 % for A and 50.0 % for B. "
        "Rank correlation of the two maps' pixels: Gradient −1."
    )


def test_each_method_has_one_scale_for_both_and_one_about_zero_for_the_difference(flat):
    heats = HeatsOfTwo(*flat)
    assert heats.scale("gradient") == heats.scale("gradient", "second") == ("viridis", 0.0, 4.0)
    assert heats.scale("occlusion") == ("RdBu_r", -2.0, 2.0)
    assert heats.scale("gradient", "difference") == ("RdBu_r", -3.0, 3.0)


def test_the_figure_has_a_row_for_each_method_on_its_scale(flat, words_of):
    both = pair(*map(side_of, flat))
    words = words_of(draw_pair(both, ["one", "two"]))
    assert {"A: one · Gradient", "B: two", "B − A", "Occlusion"} <= set(words)
    scales = [panel.scale for row in both.rows for panel in row.panels]
    amount, signed = ("viridis", 0.0, 4.0), ("RdBu_r", -2.0, 2.0)
    difference = ("RdBu_r", -3.0, 3.0)
    assert scales == [amount, amount, difference, signed, signed, difference]


def test_a_click_on_a_map_gives_the_method(flat):
    rows = pair(*map(side_of, flat)).rows
    for row, method in zip(rows, ("gradient", "occlusion"), strict=True):
        for panel in row.panels:
            assert list(panel.point(chosen=method).data[1].customdata) == [method]


def test_the_second_network_is_asked_for_the_class_that_the_first_finds_most_probable(run: Run):
    one, two = (AttributionQuery(str(run.path), epoch, method=("gradient",)) for epoch in (2, 0))
    first, second = ask_two(one, two, AttributionLook())
    assert first.shown.label == int(first.shown.whole.argmax())
    assert second.shown.label == first.shown.label
