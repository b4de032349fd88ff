import numpy as np
import torch
from matplotlib import colormaps

from viz.feature_maps import FeatureMaps
from viz.figures.feature_maps import feature_maps_figure, feature_maps_pointing
from viz.figures.style import HEAD, MARGIN


def test_maps_without_negative_values_are_amounts_from_zero(pixels_of):
    maps = torch.zeros(2, 4, 4)
    maps[1] = 3.0
    figure = feature_maps_figure(
        torch.zeros(3, 32, 32), FeatureMaps("relu1", maps, torch.tensor([1, 0]))
    )
    drawn = pixels_of(figure)
    left = MARGIN + 224 + 24  # behind the image
    viridis = [[round(255 * v) for v in colormaps["viridis"](end)[:3]] for end in (1.0, 0.0)]
    tile = 64 + 3
    found = [drawn[HEAD + 16 + 30, left + 30 + place * tile].tolist() for place in (0, 1)]
    assert np.abs(np.array(found) - viridis).max() <= 1


def test_signed_maps_are_white_at_zero(pixels_of, words_of):
    maps = torch.tensor([0.0, -3.0]).reshape(2, 1, 1).expand(2, 4, 4)
    figure = feature_maps_figure(
        torch.zeros(3, 32, 32), FeatureMaps("conv1", maps, torch.tensor([0, 1]))
    )
    zero = pixels_of(figure)[HEAD + 16 + 30, MARGIN + 224 + 24 + 30]
    assert zero.min() >= 245
    assert {"−3", "3"} <= set(words_of(figure))


def test_pointing_at_maps_returns_channels_strongest_first():
    maps = FeatureMaps("relu1", torch.rand(3, 2, 2), torch.tensor([2, 0, 1]))
    assert list(feature_maps_pointing(maps).data[1].customdata) == [2, 0, 1]
    assert list(feature_maps_pointing(maps, most=2).data[1].customdata) == [2, 0]
