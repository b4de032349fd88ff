"""What each kind of layer looks at stands in one table."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from tests.viz.network.kinds_of_layers import KINDS, Attention, Mirrored
from viz.network.reach import BEYOND, local, padded, reach, rows_of, side_after

pytestmark = pytest.mark.thorough


@pytest.mark.parametrize("layer", KINDS.values(), ids=KINDS)
def test_the_size_of_a_map_is_right_or_not_said(layer):
    maps = torch.randn(1, 6, 11, 14, dtype=torch.float64)
    sizes = layer.double().eval()(maps).shape[2:]
    for axis, side in enumerate((11, 14)):
        assert side_after(layer, [side], axis) in (sizes[axis], None)


def test_a_kind_that_nobody_declared_is_taken_whole():
    for layer in (Mirrored(3, 3, 3), nn.Upsample(scale_factor=2), nn.GroupNorm(1, 3), Attention()):
        assert local(layer) is None


@pytest.mark.parametrize("mode", BEYOND)
def test_padding_is_what_the_convolution_puts_there(mode):
    layer = nn.Conv2d(2, 3, 4, padding="same", padding_mode=mode).double()
    maps = torch.randn(1, 2, 6, 7, dtype=torch.float64)
    bare = functional.conv2d(padded(layer, maps), layer.weight, layer.bias)
    assert torch.allclose(bare, layer(maps))


@pytest.mark.parametrize("places", [1, 2, 3, 5, 7])
def test_adaptive_pooling_looks_at_the_rows_that_torch_takes_the_mean_of(places):
    layer, rows = nn.AdaptiveAvgPool2d((places, 1)), torch.randn(1, 1, 7, 1)
    found = layer(rows)[0, 0, :, 0]
    for place in range(places):
        seen = list(rows_of(layer, 0, place, 7, places))
        assert float(rows[0, 0, seen].mean()) == pytest.approx(float(found[place]), abs=1e-6)


def test_a_window_with_gaps_has_its_taps_apart():
    window = reach(nn.Conv2d(1, 1, 3, stride=2, padding=1, dilation=4), 0)
    assert list(window.rows(3)) == [5, 9, 13]
