"""Two networks' occlusions of one image: classes by name, cell by cell, drawn and in words."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from matplotlib.figure import Figure

from training.errors import WorkbenchError
from training.runs import Run
from viz import ask_two, pair
from viz.drawing.pairs import draw_pair
from viz.occlusion import Occlusion, OcclusionLook, OcclusionQuery
from viz.occlusion.pair import InCommon, _rows, in_common
from viz.occlusion.query import OcclusionShown, Row

ANT, BEE, CAT = range(3)
BOTH = ("ant", "bee")


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


def both(first: Occlusion, second: Occlusion, classes=(BOTH, BOTH), label: int = BEE) -> InCommon:
    """The two as `pair` sees them, once their questions are answered."""
    a, b = (
        OcclusionShown(
            OcclusionLook(), own, (Row("", torch.ones(3, 16, 16), found, label),), "relu5"
        )
        for found, own in zip((first, second), classes, strict=True)
    )
    return in_common(a, b)


@pytest.fixture
def first() -> Occlusion:
    """Knows ant and bee; sure of bee but for the second place."""
    return occlusion([0.25, 0.75], [0.75, 0.25], base=[0.25, 0.75])


@pytest.fixture
def second() -> Occlusion:
    """Knows cat and bee; sure of bee but for the first place."""
    return occlusion([0.875, 0.125], [0.0, 1.0], base=[0.0, 1.0])


def test_a_network_compared_with_itself_differs_nowhere(first):
    common = both(first, first)
    assert common.classes == BOTH
    assert torch.equal(common.difference, torch.zeros(1, 2, dtype=torch.float64))


def test_classes_are_matched_by_name_and_what_was_not_learned_has_no_probability(first, second):
    common = both(first, second, (BOTH, ("cat", "bee")))
    assert common.classes == ("ant", "bee", "cat")
    assert common.difference.tolist() == [[0.125 - 0.75, 1.0 - 0.25]]
    assert replace(common, label=ANT).difference.tolist() == [[-0.25, -0.75]]
    assert common.found[1].predicted.tolist() == [[CAT, BEE]]
    assert common.found[1].base.tolist() == [0, 1, 0]


def test_inputs_of_two_sizes_have_no_difference_but_places_in_common(first):
    larger = occlusion(*([[0.5, 0.5]] * 6), base=[0.5, 0.5], rows=2)
    common = both(first, larger)
    assert common.difference is None
    assert common.shape == (1, 2)


def test_words_name_the_answers_and_the_places_that_cost_most(first, second):
    common = both(first, second, (BOTH, ("cat", "bee")))
    assert common.words() == (
        "Uncovered, P(bee) is 75.0 % for A and 100.0 % for B. "
        "A leans most on the window at row 0, column 4: covering it leaves 25.0 %. "
        "B leans most on the window at row 0, column 0: covering it leaves 12.5 %."
    )
    assert "No window costs B any of it." in replace(common, label=ANT).words()


def test_a_layer_that_the_second_does_not_have_gives_way_to_its_last_maps(run: Run):
    query = OcclusionQuery(str(run.path), window=16, stride=8)
    here = OcclusionLook(layer="pool1")
    a, b = ask_two(replace(query, epoch=0), query, here)
    assert (a.shown.layer, b.shown.layer) == ("pool1", "pool1")
    gone = query.look_for(b.opened, OcclusionLook(layer="inception3a"))
    assert gone == OcclusionLook()


def test_the_arrays_of_both_and_their_difference_have_names_of_their_own(run: Run):
    query = OcclusionQuery(str(run.path), window=16, stride=8)
    arrays = pair(*ask_two(replace(query, epoch=0), query, OcclusionLook())).arrays()
    assert (arrays["difference"] == arrays["second_probability"] - arrays["probability"]).all()


def test_several_images_are_not_compared(run: Run):
    query = OcclusionQuery(str(run.path), image=("0", "1"), window=16, stride=8)
    with pytest.raises(WorkbenchError, match="names several"):
        pair(*ask_two(query, replace(query, epoch=0), OcclusionLook()))


def test_numbers_of_other_validation_images_are_refused(run: Run, tmp_path: Path):
    other = tmp_path / "other"
    other.mkdir()
    text = (run.path / "run.json").read_text()
    (other / "run.json").write_text(
        text.replace('"format": 1', '"format": 1, "data_fingerprint": "x"')
    )
    query = OcclusionQuery(str(run.path))
    with pytest.raises(WorkbenchError, match="other validation images"):
        ask_two(query, replace(query, run=str(other)), OcclusionLook())


def drawn(first: Occlusion, second: Occlusion) -> Figure:
    from viz.drawing.pairs import Pair

    pictures = [torch.ones(3, 16, 16)] * 2
    rows = _rows(both(first, second), pictures, OcclusionLook())
    return draw_pair(Pair("Two networks", "", rows, {}), ["a run, epoch 1", "a run, epoch 2"])


def panels(figure: Figure, title: str) -> list[str]:
    heads = [ax.get_title(loc="left") for ax in figure.axes]
    return [head for head in heads if title in head]


def test_both_have_one_scale_and_the_difference_is_about_zero(first):
    louder = replace(first, activation=torch.tensor([[[5.0], [1.0]]]))
    louder = replace(louder, probability=louder.probability.flip(2) / 2)
    pictures = [torch.ones(3, 16, 16)] * 2
    of_class, _, totals = _rows(both(first, louder), pictures, OcclusionLook())
    assert of_class.first.scale == of_class.second.scale
    _, low, high = of_class.first.scale
    assert low == -high < 0
    assert totals.first.scale == totals.second.scale == ("viridis", 0, 5)
    _, low, high = of_class.difference.scale
    assert low == -high < 0


def test_the_difference_is_of_what_is_drawn(first, second):
    pictures = [torch.ones(3, 16, 16)] * 2
    odds, shares = (
        _rows(both(first, second), pictures, OcclusionLook(scale=scale))[0].difference
        for scale in ("log-odds", "probability")
    )
    assert odds.label == "B − A, change in log odds"
    assert (shares.label, shares.scale) == ("B − A, probability", ("RdBu_r", -0.75, 0.75))


def test_one_legend_names_the_classes_of_both(first, second):
    legends = [ax.get_legend() for ax in drawn(first, second).axes if ax.get_legend()]
    assert [[text.get_text() for text in each.get_texts()] for each in legends] == [["ant", "bee"]]


def test_the_pointer_tells_both_answers_and_a_click_returns_the_place(first, second):
    pictures = [torch.ones(3, 16, 16)] * 2
    row = _rows(both(first, second), pictures, OcclusionLook())[0]
    markers = row.difference.point().data[1]
    assert list(markers.customdata) == [[0, 0], [0, 1]]
    assert markers.hovertext[1].split("<br>") == [
        "Window at row 0, column 4 px",
        "A 25.0 %, B 100.0 %, B − A 75.0 points",
    ]


def test_without_a_difference_there_are_two_columns(first):
    larger = occlusion(*([[0.5, 0.5]] * 6), base=[0.5, 0.5], rows=2)
    assert panels(drawn(first, larger), "B − A") == []
