import numpy as np
import pytest
import torch

from viz.attribution import METHODS, AttributionLook
from viz.attribution.figure import draw, heat_colours, point_at_maps, strongest_ninth
from viz.attribution.query import AttributionShown
from viz.drawing.sheet import full_contrast
from viz.drawing.style import number


@pytest.fixture
def maps():
    """One (16, 16) map for each method."""
    generator = torch.Generator().manual_seed(0)
    return {method: torch.randn(16, 16, generator=generator) for method in METHODS}


def shown(maps, side=16, name="goldfish") -> AttributionShown:
    """Those maps of one class."""
    picture, whole = torch.rand(3, side, side), torch.tensor([0.25, 0.75])
    return AttributionShown(AttributionLook(), ("ant", name), 1, picture, whole, maps)


def test_zero_is_white_where_values_have_signs_and_dark_where_they_are_amounts():
    values = torch.tensor([[-1.0, 0.0, 1.0]])
    below, zero, above = heat_colours(values, is_signed=True)[0]
    assert np.allclose(zero, 1, atol=0.05)
    assert below[2] > below[0]  # blue
    assert above[0] > above[2]  # red
    assert np.allclose(
        heat_colours(values, is_signed=False)[0, 1], (0.267, 0.005, 0.329), atol=0.01
    )


def test_an_empty_map_is_drawn_as_nothing():
    colours = heat_colours(torch.zeros(4, 4), is_signed=False)
    assert np.allclose(colours, colours[0, 0])


def test_every_method_is_named_and_both_kinds_of_scale_are_there(maps, words_of):
    words = words_of(draw(shown(maps)))
    assert {method.name for method in METHODS.values()} <= set(words)
    assert {"Attribution for class goldfish", "amount", "for (+) or against (−)"} <= set(words)
    few = {"gradient": maps["gradient"]}
    assert "for (+) or against (−)" not in words_of(draw(shown(few)))


def test_a_click_returns_the_method(maps):
    large = enlarged(maps)
    figure = point_at_maps(shown(large, 300), chosen="guided")
    assert list(figure.data[1].customdata) == ["", *METHODS]
    names = [each.text.split("<br>") for each in figure.layout.annotations]
    assert ["<b>Guided backprop</b>", f"0 to {number(full_contrast(large['guided']))}"] in names


def test_the_sheet_fills_its_column(maps):
    for width in (690, 1150):
        assert (
            width - 8 <= point_at_maps(shown(maps), chosen="", width_px=width).layout.width <= width
        )


def test_most_of_a_map_lies_in_a_ninth_of_the_image():
    heat = torch.zeros(9, 9)
    heat[7, 1] = 1
    assert strongest_ninth(heat) == "the lower left"


def enlarged(maps):
    return {method: heat.repeat(19, 19)[:300, :300] for method, heat in maps.items()}
