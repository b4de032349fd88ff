import math

import numpy as np
import pytest
import torch

from viz.attribution import METHODS
from viz.attribution.figure import attribution_figure, attribution_pointing, heat_colours
from viz.sanity_checks.compute import Trust
from viz.sanity_checks.figure import trust_figure
from viz.sanity_checks.randomisation import Randomisation
from viz.sanity_checks.removal import Removal


@pytest.fixture
def maps():
    """One (16, 16) map for each method."""
    generator = torch.Generator().manual_seed(0)
    return {method: torch.randn(16, 16, generator=generator) for method in METHODS}


@pytest.fixture
def trust():
    """Three stages of which the last left no map; straight curves."""
    share = torch.linspace(0, 1, 5)
    removal = Removal(share, 1 - share, share**0, (1 - share).repeat(2, 1), share.repeat(2, 1))
    correlation = torch.tensor([1.0, -0.25, math.nan])
    return Trust(removal, Randomisation(("fc2", "conv1"), torch.rand(3, 16, 16), correlation))


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
    words = words_of(attribution_figure(torch.rand(3, 16, 16), maps, "goldfish"))
    assert {method.name for method in METHODS.values()} <= set(words)
    assert {"What speaks for goldfish", "amount", "for (+) or against (−)"} <= set(words)
    few = {"gradient": maps["gradient"]}
    assert "for (+) or against (−)" not in words_of(
        attribution_figure(torch.rand(3, 16, 16), few, "")
    )


def test_a_click_returns_the_method(maps):
    figure = attribution_pointing(torch.rand(3, 300, 300), enlarged(maps), chosen="guided")
    assert list(figure.data[1].customdata) == ["", *METHODS]
    assert "<b>Guided backprop</b>" in [each.text for each in figure.layout.annotations]


def enlarged(maps):
    return {method: heat.repeat(19, 19)[:300, :300] for method, heat in maps.items()}


def test_the_figure_of_trust_tells_areas_and_correlations(trust, words_of, pixels_of):
    figure = trust_figure(trust, method="grad-cam", class_name="goldfish")
    words = words_of(figure)
    assert "Grad-CAM: can its map of goldfish be trusted?" in words
    assert {"this map, area 0.500", "this map, area 1.000", "random order, area 0.500"} <= set(
        words
    )
    assert {"1.00", "−0.25", "none", "trained", "↓ fc2", "↓ conv1"} <= set(words)
    assert pixels_of(figure).std() > 5


def test_a_network_of_weights_that_are_no_numbers_is_drawn_too(trust, pixels_of):
    nothing = {name: value * math.nan for name, value in vars(trust.removal).items()}
    nothing["share"] = trust.removal.share
    cascade = Randomisation(("fc2", "conv1"), torch.full((3, 16, 16), math.nan), torch.zeros(3))
    figure = trust_figure(Trust(Removal(**nothing), cascade), method="occlusion", class_name="")
    assert pixels_of(figure).std() > 1
