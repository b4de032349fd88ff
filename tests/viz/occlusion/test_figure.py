import pytest
import torch
from matplotlib.colors import to_hex

from viz.drawing.colours import class_colour
from viz.occlusion import Occlusion, OcclusionLook
from viz.occlusion.figure import draw, draw_row, panels_of
from viz.occlusion.query import OcclusionShown, Row
from viz.top_patches.gallery import Gallery

CLASSES = ["ant", "bee", "cat", "dog", "elk", "fox"]


@pytest.fixture
def result() -> Occlusion:
    """2×3 cells in which class 1 is mostly the most probable, class 5 once."""
    probability = torch.zeros(2, 3, 6)
    probability[..., 1] = torch.tensor([[0.9, 0.8, 0.7], [0.6, 0.2, 0.5]])
    probability[..., 5] = 0.95 - probability[..., 1]
    probability[..., 2] = 0.05
    conv5 = torch.tensor([[-4.0, 3, 2], [1, 0, 2]])
    relu5 = torch.tensor([[4.0, 3, 2], [1, 0, 2]])
    return Occlusion(
        probability=probability,
        activation=torch.stack([conv5, relu5], dim=2),
        base=torch.tensor([0.0, 0.95, 0, 0, 0, 0.05]),
        base_activation=torch.tensor([2.0, 5.0]),
        layers=("conv5", "relu5"),
        channel=torch.tensor([3, 7]),
        window=8,
        stride=4,
        done=6,
    )


def figure_of(result: Occlusion, layer: str = "relu5", **galleries):
    return draw(shown([Row("image 1", torch.ones(3, 16, 16), result, 1)], layer, **galleries))


def shown(rows: list[Row], layer: str = "relu5", **galleries) -> OcclusionShown:
    return OcclusionShown(OcclusionLook(), tuple(CLASSES), tuple(rows), layer, **galleries)


def pointing_at(result: Occlusion, panel: str = "probability", classes=CLASSES):
    return getattr(panels_of(result, classes, 1, "relu5"), panel).point().data


def titles(figure) -> list[str]:
    return [ax.get_title(loc="left") for ax in figure.axes if ax.get_title(loc="left")]


def test_probability_has_the_fixed_scale_from_zero_to_one(result):
    figure = figure_of(result)
    panel = next(ax for ax in figure.axes if ax.get_title(loc="left") == "P(bee)")
    assert panel.images[0].get_clim() == (0, 1)


def test_activation_is_measured_against_the_uncovered_image(result):
    figure = figure_of(result)
    panel = next(ax for ax in figure.axes if "channel 7" in ax.get_title(loc="left"))
    assert panel.images[0].get_clim() == (0, 5)


def test_the_legend_names_the_classes_that_occur_in_their_colours(result):
    figure = figure_of(result)
    (legend,) = [ax.get_legend() for ax in figure.axes if ax.get_legend()]
    assert [text.get_text() for text in legend.get_texts()] == ["bee", "fox"]
    patches = legend.get_patches()
    assert [to_hex(patch.get_facecolor()) for patch in patches] == [
        class_colour(1),
        class_colour(5),
    ]


def test_a_map_that_falls_below_zero_has_a_scale_about_zero(result):
    figure = figure_of(result, "conv5")
    panel = next(ax for ax in figure.axes if "channel 3" in ax.get_title(loc="left"))
    assert panel.images[0].get_clim() == (-4, 4)
    assert panel.images[0].get_cmap().name == "RdBu_r"


def test_the_channels_patches_stand_below_where_they_are_known(result):
    own = Gallery(torch.ones(1, 1, 3, 9, 9), torch.zeros(1, 1, 3, 9, 9))
    others = Gallery(torch.ones(1, 9, 3, 9, 9), torch.zeros(1, 9, 3, 9, 9))
    assert len(titles(figure_of(result))) == 4
    assert titles(figure_of(result, own=own))[4:] == [
        "what its strongest unit saw here",
        "its projection",
    ]
    assert len(titles(figure_of(result, own=own, others=others))) == 8


def test_a_sheet_has_three_panels_an_image(result):
    rows = [Row(f"image {index}", torch.ones(3, 16, 16), result, index) for index in (1, 5)]
    assert titles(draw(shown(rows))) == [
        *("image 1", "P(bee)", "most probable class"),
        *("image 5", "P(fox)", "most probable class"),
    ]
    alone = titles(draw_row(rows[1], CLASSES))
    assert alone == ["input, its corner covered", "P(fox)", "most probable class"]


@pytest.mark.parametrize("panel", ["probability", "activation", "predicted"])
def test_a_click_on_a_heatmap_returns_row_and_column(result, panel):
    markers = pointing_at(result, panel)[1]
    assert list(markers.customdata) == [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]
    assert (markers.x[5], markers.y[5]) == (2, 1)


@pytest.mark.parametrize("panel", ["probability", "activation", "predicted"])
def test_the_pointer_tells_the_answer_at_a_place(result, panel):
    assert pointing_at(result, panel)[1].hovertext[4].split("<br>") == [
        "Window at row 4, column 4 px",
        "P(bee) 20.0 %",
        "1. fox 75.0 %",
        "2. bee 20.0 %",
        "3. cat 5.0 %",
        "relu5, channel 7: 0",
    ]


def test_a_heatmap_of_classes_has_one_flat_colour_a_class(result):
    heatmap = pointing_at(result, "predicted")[0]
    assert [list(row) for row in heatmap.z] == [[0, 0, 0], [0, 1, 0]]
    assert {colour for _, colour in heatmap.colorscale} == {class_colour(1), class_colour(5)}


def test_a_script_in_a_class_name_stays_text(result):
    hostile = ["ant", "<script>alert(1)</script>", *CLASSES[2:]]
    markers = pointing_at(result, classes=hostile)[1]
    assert not any("<script" in text for text in markers.hovertext)
