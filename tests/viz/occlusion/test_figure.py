import math
from dataclasses import replace

import pytest
import torch
from matplotlib.colors import to_hex

from viz.drawing.colours import class_colour
from viz.occlusion import Occlusion, OcclusionLook
from viz.occlusion.compute import log_odds
from viz.occlusion.figure import (
    FLOOR,
    NARROWEST,
    OcclusionPanels,
    draw,
    draw_row,
    panels_of,
)
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


def maps_of(result: Occlusion, layer: str = "relu5", classes=CLASSES, **look) -> OcclusionPanels:
    picture, seen = torch.ones(3, 16, 16), OcclusionLook(**look)
    return panels_of(result, picture, classes, 1, layer, seen, side=160)


def pointing_at(result: Occlusion, panel: str = "probability", classes=CLASSES):
    return getattr(maps_of(result, classes=classes), panel).point().data


def titles(figure) -> list[str]:
    return [ax.get_title(loc="left") for ax in figure.axes if ax.get_title(loc="left")]


def test_the_change_in_log_odds_has_a_scale_about_zero_as_wide_as_its_largest(result):
    sure, least = math.log(0.95 / 0.05), math.log(0.2 / 0.8)
    colours, low, high = maps_of(result).probability.scale
    assert colours == "RdBu_r"
    assert (low, high) == pytest.approx((least - sure, sure - least), abs=1e-4)


def test_a_change_that_is_hardly_one_stays_pale(result):
    still = replace(result, probability=result.base.expand(2, 3, 6) + 0)
    assert maps_of(still).probability.scale == ("RdBu_r", -FLOOR, FLOOR)
    assert (maps_of(still).probability.colours > 0.9).all()


def test_a_sure_networks_places_are_told_apart_where_its_probability_rounds_to_one(result):
    probability = torch.zeros(1, 2, 6, dtype=torch.float64)
    probability[..., 0] = torch.tensor([1e-20, 1e-25])
    probability[..., 1] = 1
    sure = replace(result, probability=probability, base=probability[0, 1])
    assert sure.change(1).flatten().tolist() == pytest.approx([math.log(1e-5), 0])


def test_outputs_that_do_not_sum_to_one_have_log_odds_of_their_own():
    each = torch.tensor([0.5, 0.8, 0.9], dtype=torch.float64)
    assert float(log_odds(each, 1)) == pytest.approx(math.log(4))


def test_probability_may_have_the_scale_from_zero_to_one_or_its_own(result):
    assert maps_of(result, scale="probability").probability.scale == ("viridis", 0, 1)
    own = maps_of(result, scale="own").probability.scale
    assert own == ("viridis", pytest.approx(0.2), pytest.approx(0.9))


def test_a_map_that_is_flat_has_a_range_nevertheless(result):
    flat = replace(result, probability=torch.full((2, 3, 6), 1 / 6))
    _, low, high = maps_of(flat, scale="own").probability.scale
    assert (low, high) == (pytest.approx(1 / 6 - NARROWEST / 2), pytest.approx(low + NARROWEST))


def test_activation_is_measured_against_the_uncovered_image(result):
    assert maps_of(result).activation.scale == ("viridis", 0, 5)


def test_the_title_tells_the_result(result):
    title = figure_of(result).texts[0].get_text()
    assert title == "Covering the centre costs bee most: 95 → 20 %, and the answer becomes fox."


def test_where_no_window_changes_the_answer_the_words_say_so(result):
    sure = torch.tensor([0.0, 0.98, 0, 0, 0, 0.02], dtype=torch.float64)
    still = replace(result, probability=sure.expand(2, 3, 6) + 0, base=sure)
    row = Row("", torch.ones(3, 16, 16), still, 1)
    assert row.changes_nothing
    assert row.words(CLASSES) == (
        "No window of 8 px changes the answer: P(bee) stays between 98.0 % and 98.0 %."
    )
    of_another = replace(row, label=5).words(CLASSES)
    assert "bee stays the answer, and P(fox) stays between 2.0 % and 2.0 %." in of_another


def test_where_every_window_helps_the_words_name_the_one_that_adds_most(result):
    row = Row("", torch.ones(3, 16, 16), replace(result, base=result.base.flip(0)), 1)
    assert row.words(CLASSES).startswith("No window costs bee anything; covering the ")


def test_a_wrong_answer_is_named_beside_what_the_class_loses(result):
    base = torch.tensor([0.9, 0.1, 0, 0, 0, 0])
    probability = replace(result, probability=base.expand(2, 3, 6) + 0).probability
    probability[0, 2] = torch.tensor([0.99, 0.01, 0, 0, 0, 0])
    row = Row("", torch.ones(3, 16, 16), replace(result, base=base, probability=probability), 1)
    assert row.words(CLASSES).endswith("10 → 1 %. Uncovered, the answer is ant.")


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
    assert maps_of(result, "conv5").activation.scale == ("RdBu_r", -4, 4)


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
    alone = titles(draw_row(rows[1], shown(rows)))
    assert alone == ["input; orange: what costs most", "P(fox)", "most probable class"]


@pytest.mark.parametrize("panel", ["probability", "activation", "predicted"])
def test_a_click_on_a_heatmap_returns_row_and_column(result, panel):
    markers = pointing_at(result, panel)[1]
    assert list(markers.customdata) == [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]
    # the window at row 4, column 8 has its centre at 8, 12 of 16 px, drawn tenfold
    assert (markers.x[5], markers.y[5]) == (119.5, 79.5)


@pytest.mark.parametrize("panel", ["probability", "activation", "predicted"])
def test_the_pointer_tells_the_answer_at_a_place(result, panel):
    assert pointing_at(result, panel)[1].hovertext[4].split("<br>") == [
        "Window at row 4, column 4 px",
        "P(bee) 95 → 20 %",
        "1. fox 75.0 %",
        "2. bee 20.0 %",
        "3. cat 5.0 %",
        "relu5, channel 7: 0",
    ]


def test_a_map_of_classes_has_their_colours(result):
    colours = maps_of(result).predicted.colours
    assert [[to_hex(cell) for cell in row] for row in colours] == [
        [class_colour(1)] * 3,
        [class_colour(1), class_colour(5), class_colour(1)],
    ]


def test_a_script_in_a_class_name_stays_text(result):
    hostile = ["ant", "<script>alert(1)</script>", *CLASSES[2:]]
    markers = pointing_at(result, classes=hostile)[1]
    assert not any("<script" in text for text in markers.hovertext)
