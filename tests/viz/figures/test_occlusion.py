import pytest
import torch
from matplotlib.colors import to_hex

from viz.figures.colours import class_colour
from viz.figures.occlusion import occlusion_figure, occlusion_pointing
from viz.figures.style import HEAD, MARGIN
from viz.occlusion import Occlusion

GREY = [128, 128, 128]

CLASSES = ["ant", "bee", "cat", "dog", "elk", "fox"]


@pytest.fixture
def result() -> Occlusion:
    """2×3 cells in which class 1 is mostly the most probable, class 5 once."""
    return Occlusion(
        probability=torch.tensor([[0.9, 0.8, 0.7], [0.6, 0.2, 0.5]]),
        predicted=torch.tensor([[1, 1, 1], [1, 5, 1]]),
        activation=torch.tensor([[4.0, 3, 2], [1, 0, 2]]),
        base=torch.tensor([0.0, 0.95, 0, 0, 0, 0.05]),
        base_activation=5.0,
        label=1,
        layer="relu5",
        channel=7,
        window=8,
        stride=4,
    )


def test_probability_has_the_fixed_scale_from_zero_to_one(result):
    figure = occlusion_figure(torch.zeros(3, 16, 16), result, CLASSES)
    panel = next(ax for ax in figure.axes if ax.get_title(loc="left") == "P(bee)")
    assert panel.images[0].get_clim() == (0, 1)


def test_activation_is_measured_against_the_uncovered_image(result):
    figure = occlusion_figure(torch.zeros(3, 16, 16), result, CLASSES)
    panel = next(ax for ax in figure.axes if "channel 7" in ax.get_title(loc="left"))
    assert panel.images[0].get_clim() == (0, 5)


def test_the_legend_names_the_classes_that_occur_in_their_colours(result):
    figure = occlusion_figure(torch.zeros(3, 16, 16), result, CLASSES)
    (legend,) = [ax.get_legend() for ax in figure.axes if ax.get_legend()]
    assert [text.get_text() for text in legend.get_texts()] == ["bee", "fox"]
    patches = legend.get_patches()
    assert [to_hex(patch.get_facecolor()) for patch in patches] == [
        class_colour(1),
        class_colour(5),
    ]


def test_the_square_is_drawn_to_scale_over_the_image(result, pixels_of):
    drawn = pixels_of(occlusion_figure(torch.ones(3, 16, 16), result, CLASSES))
    image = drawn[HEAD + 16 : HEAD + 16 + 224, MARGIN : MARGIN + 224]  # 16 px, 14 times
    assert image[50, 50].tolist() == GREY  # 8 px are 112
    assert image[120, 120].tolist() == [255, 255, 255]


@pytest.mark.parametrize("panel", ["probability", "activation", "predicted"])
def test_a_click_on_a_heatmap_returns_row_and_column(result, panel):
    markers = occlusion_pointing(result, CLASSES, panel=panel).data[1]
    assert list(markers.customdata) == [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]
    assert (markers.x[5], markers.y[5]) == (2, 1)
    assert "fox" in markers.hovertext[4]
    assert "row 4, column 8 px" in markers.hovertext[5]


def test_a_heatmap_of_classes_has_one_flat_colour_a_class(result):
    heatmap = occlusion_pointing(result, CLASSES, panel="predicted").data[0]
    assert [list(row) for row in heatmap.z] == [[0, 0, 0], [0, 1, 0]]
    assert {colour for _, colour in heatmap.colorscale} == {class_colour(1), class_colour(5)}


def test_a_script_in_a_class_name_stays_text(result):
    hostile = ["ant", "<script>alert(1)</script>", *CLASSES[2:]]
    markers = occlusion_pointing(result, hostile).data[1]
    assert not any("<script" in text for text in markers.hovertext)
