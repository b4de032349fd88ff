import pytest
import torch

from viz.attribution.pair import HeatsBeside, heats_beside
from viz.attribution.pair_figure import attribution_beside_figure, heats_pointing, scale_of


@pytest.fixture
def heats() -> HeatsBeside:
    """Flat maps, so that full colour is their one value: amounts of 1 and 4, signed −1 and 2."""
    one, other = ({"gradient": a, "occlusion": b} for a, b in ((1.0, -1.0), (4.0, 2.0)))
    first, second = (
        {method: torch.full((8, 8), value) for method, value in each.items()}
        for each in (one, other)
    )
    return heats_beside(first, second)


def test_each_method_has_one_scale_for_both_and_one_about_zero_for_the_difference(heats):
    assert scale_of(heats, "gradient") == scale_of(heats, "gradient", "second")
    assert scale_of(heats, "gradient") == ("viridis", 0.0, 4.0)
    assert scale_of(heats, "occlusion") == ("RdBu_r", -2.0, 2.0)
    assert scale_of(heats, "gradient", "difference") == ("RdBu_r", -3.0, 3.0)


def test_the_figure_has_a_row_for_each_method_on_its_scale(heats, words_of):
    figure = attribution_beside_figure(torch.ones(3, 8, 8), heats, "bee", ["one", "two"])
    assert {"A: one", "B: two", "B − A", "Gradient", "Occlusion"} <= set(words_of(figure))
    limits = [ax.images[0].get_clim() for ax in figure.axes if ax.images][1:]
    assert limits == [(0, 4), (0, 4), (-3, 3), (-2, 2), (-2, 2), (-3, 3)]


@pytest.mark.parametrize("which", ["first", "second", "difference"])
def test_a_click_on_a_sheet_returns_the_method(heats, which):
    markers = heats_pointing(heats, which, chosen="gradient").data[1]
    assert list(markers.customdata) == ["gradient", "occlusion"]
