import math

import pytest
import torch

from viz.sanity_checks import DeletionInsertion, Randomisation, SanityChecks, SanityChecksLook
from viz.sanity_checks.figure import draw
from viz.sanity_checks.query import SanityChecksShown


@pytest.fixture
def found():
    """Three stages of which the last left no map; straight curves."""
    share = torch.linspace(0, 1, 5)
    curves = DeletionInsertion(
        share, 1 - share, share**0, (1 - share).repeat(2, 1), share.repeat(2, 1)
    )
    correlation = torch.tensor([1.0, -0.25, math.nan])
    return SanityChecks(curves, Randomisation(("fc2", "conv1"), torch.rand(3, 16, 16), correlation))


def shown(found: SanityChecks, method: str) -> SanityChecksShown:
    return SanityChecksShown(SanityChecksLook(), ("ant", "goldfish"), 1, method, found)


def test_the_figure_tells_areas_and_correlations(found, words_of, pixels_of):
    figure = draw(shown(found, "grad-cam"))
    words = words_of(figure)
    assert "Sanity checks of Grad-CAM for class goldfish" in words
    assert {"this map, area 0.500", "this map, area 1.000", "random order, area 0.500"} <= set(
        words
    )
    assert {"1.00", "−0.25", "none", "trained", "↓ fc2", "↓ conv1"} <= set(words)
    assert pixels_of(figure).std() > 5


def test_a_network_of_weights_that_are_no_numbers_is_drawn_too(found, pixels_of):
    nothing = {name: value * math.nan for name, value in vars(found.curves).items()}
    nothing["share"] = found.curves.share
    cascade = Randomisation(("fc2", "conv1"), torch.full((3, 16, 16), math.nan), torch.zeros(3))
    checks = SanityChecks(DeletionInsertion(**nothing), cascade)
    assert pixels_of(draw(shown(checks, "occlusion"))).std() > 1
