from dataclasses import replace

import pytest
import torch
from matplotlib.figure import Figure

from viz.occlusion import Occlusion
from viz.occlusion.pair import OcclusionsBeside, occlusions_beside
from viz.occlusion.pair_figure import difference_pointing, occlusion_beside_figure

CLASSES = ["ant", "bee"]


@pytest.fixture
def pair() -> OcclusionsBeside:
    """Two places; the strongest map goes up to 3 in one network and to 5 in the other."""
    one = Occlusion(
        probability=torch.tensor([[[0.75, 0.25], [0.5, 0.5]]]),
        activation=torch.tensor([[[3.0], [1.0]]]),
        base=torch.tensor([0.5, 0.5]),
        base_activation=torch.tensor([2.0]),
        layers=("relu5",),
        channel=torch.tensor([7]),
        window=8,
        stride=4,
        done=2,
    )
    other = replace(
        one,
        probability=torch.tensor([[[0.75, 0.25], [0.25, 0.75]]]),
        activation=torch.tensor([[[5.0], [1.0]]]),
    )
    return occlusions_beside(one, other, (CLASSES, CLASSES))


def drawn(pair: OcclusionsBeside) -> Figure:
    names, layers = ["a run, epoch 1", "a run, epoch 2"], ("relu5", "relu5")
    return occlusion_beside_figure(torch.ones(3, 16, 16), pair, names, label=1, layers=layers)


def limits(figure: Figure, title: str) -> list[tuple[float, float]]:
    return [
        ax.images[0].get_clim() for ax in figure.axes if ax.get_title(loc="left").startswith(title)
    ]


def test_both_have_one_scale_and_the_difference_is_about_zero(pair):
    figure = drawn(pair)
    assert limits(figure, "A: ") == limits(figure, "B: ") == [(0, 1)]
    assert limits(figure, "relu5, channel 7") == [(0, 5), (0, 5)]
    assert limits(figure, "B − A") == [(-0.25, 0.25)]


def test_one_legend_names_the_classes_of_both(pair):
    legends = [ax.get_legend() for ax in drawn(pair).axes if ax.get_legend()]
    assert [[text.get_text() for text in each.get_texts()] for each in legends] == [["ant", "bee"]]


def test_the_pointer_tells_both_answers_and_a_click_returns_the_place(pair):
    markers = difference_pointing(pair, label=1).data[1]
    assert list(markers.customdata) == [[0, 0], [0, 1]]
    assert markers.hovertext[1].split("<br>") == [
        "Square at row 0, column 4 px",
        "A 50.0 %, B 75.0 %, B − A 25.0 points",
    ]


def test_without_a_difference_there_are_two_columns(pair):
    small = replace(
        pair,
        second=replace(
            pair.second,
            probability=pair.second.probability[:, :1],
            activation=pair.second.activation[:, :1],
        ),
    )
    assert limits(drawn(small), "B − A") == []
    assert difference_pointing(small, label=1) is None
