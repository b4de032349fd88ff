import numpy as np
import torch
from matplotlib import colormaps

from viz import Look
from viz.drawing.style import HEAD, MARGIN
from viz.feature_maps import FeatureMaps
from viz.feature_maps.figure import SPOTS, draw, feature_maps_pointing
from viz.feature_maps.query import FeatureMapsShown


def drawn(maps):
    return draw(FeatureMapsShown(Look(), torch.zeros(3, 32, 32), maps))


def test_maps_without_negative_values_are_amounts_from_zero(pixels_of):
    maps = torch.zeros(2, 4, 4)
    maps[1] = 3.0
    figure = drawn(FeatureMaps("relu1", maps, torch.tensor([1, 0])))
    pixels = pixels_of(figure)
    left = MARGIN + 224 + 24  # behind the image
    viridis = [[round(255 * v) for v in colormaps["viridis"](end)[:3]] for end in (1.0, 0.0)]
    tile = 64 + 3
    found = [pixels[HEAD + 16 + 30, left + 30 + place * tile].tolist() for place in (0, 1)]
    assert np.abs(np.array(found) - viridis).max() <= 1


def test_signed_maps_are_white_at_zero(pixels_of, words_of):
    maps = torch.tensor([0.0, -3.0]).reshape(2, 1, 1).expand(2, 4, 4)
    figure = drawn(FeatureMaps("conv1", maps, torch.tensor([0, 1])))
    zero = pixels_of(figure)[HEAD + 16 + 30, MARGIN + 224 + 24 + 30]
    assert zero.min() >= 245
    assert {"−3", "3"} <= set(words_of(figure))


def test_every_unit_of_every_map_can_be_pointed_at():
    maps = FeatureMaps("relu1", torch.rand(3, 2, 5), torch.tensor([2, 0, 1]))
    markers = feature_maps_pointing(maps).data[1]
    units = [tuple(each) for each in markers.customdata]
    assert [unit[:3] for unit in units] == [
        (channel, row, col) for channel in (2, 0, 1) for row in range(2) for col in range(5)
    ]
    for channel, row, col, value in units:
        assert abs(value - float(maps.maps[channel, row, col])) < 0.005
    assert {unit[0] for unit in feature_maps_pointing(maps, most=2).data[1].customdata} == {2, 0}


def test_a_marker_lies_on_its_unit():
    maps = FeatureMaps("relu1", torch.zeros(2, 3, 3), torch.tensor([0, 1]))
    figure = feature_maps_pointing(maps, chosen=(1, 2, 0))
    markers = figure.data[1]
    at = {
        tuple(unit[:3]): place
        for unit, *place in zip(markers.customdata, markers.x, markers.y, strict=True)
    }
    # by hand: 3 units of 21 px a map, 3 px between maps
    assert at[0, 0, 0] == [10, 10]
    assert at[1, 2, 0] == [63 + 3 + 10, 2 * 21 + 10]
    map_outline, unit_outline = figure.layout.shapes
    assert (map_outline.x0, map_outline.y1) == (66 - 1.5, 63 + 0.5)
    assert (unit_outline.x0, unit_outline.y0) == (66 - 1.5, 42 - 1.5)


def test_of_too_many_units_the_strongest_of_each_spot_is_taken():
    maps = FeatureMaps("conv1", torch.randn(40, 30, 23), torch.arange(40))
    units = feature_maps_pointing(maps).data[1].customdata
    assert 3000 < len(units) <= SPOTS
    strongest = {
        (channel, divmod(int(each.argmax()), 23)) for channel, each in enumerate(maps.maps)
    }
    assert strongest <= {(channel, (row, col)) for channel, row, col, _ in units}
