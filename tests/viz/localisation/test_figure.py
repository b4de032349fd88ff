import numpy as np
import pytest
import torch

from viz.localisation import Localisation, LocalisationLook
from viz.localisation.figure import draw, misses_pointing
from viz.localisation.query import LocalisationShown


@pytest.fixture
def found() -> Localisation:
    """Four images of 16 px: three hits and a miss by 5 px."""
    distance = torch.tensor([0.0, 0.0, 5.0, 0.0])
    maps = torch.zeros(4, 16, 16)
    maps[:, 2, 12] = 1.0
    return Localisation(
        method="occlusion",
        image=torch.tensor([3, 5, 8, 9]),
        peak=torch.tensor([[2, 12]] * 4),
        distance=distance,
        energy=torch.tensor([0.5, 0.7, float("nan"), 0.9]),
        area=torch.full((4,), 0.2),
        centre=torch.tensor([True, True, False, False]),
        looked_at=5,
        worst=torch.tensor([2, 0, 1, 3]),
        maps=maps,
    )


def test_it_names_its_numbers_and_both_kinds_of_chance(found, words_of):
    labels, names = np.array([0, 1, 0, 1]), ("a.png", "b.png", "c.png", "d.png")
    shown = LocalisationShown(LocalisationLook(), ("ant", "bee"), (found,), labels, names)
    words = words_of(draw(shown))
    assert "Occlusion" in words
    assert "75.0%" in words
    assert "52.5%" in words  # of the energy; a map without any counts as none
    assert {"Middle of the picture", "Random point"} <= set(words)


def test_a_miss_stands_above_its_map_and_leads_to_its_image(found):
    mask = np.zeros((1, 16, 16), bool)
    mask[0, 4:9, 3:8] = True
    figure = misses_pointing(torch.full((1, 3, 16, 16), 0.5), mask, found, ["goldfish, image 8"])
    markers = figure.data[1]
    assert list(markers.customdata) == [8, 8]
    assert "goldfish, image 8<br>5 px from the object" in markers.hovertext
    assert markers.y[0] < markers.y[1]
