import torch

from viz import Look
from viz.strongest import Strongest
from viz.strongest.figure import draw
from viz.strongest.query import StrongestShown


def unit(layer, side, share):
    patch, projection = torch.rand(3, side, side), torch.randn(3, side, side)
    return Strongest(layer, 4, 2, 3, 1.5, share, patch, projection)


def drawn(*units, measure="activation"):
    return draw(StrongestShown(Look(), units, measure))


def test_each_layer_names_its_unit_and_where_it_is(words_of):
    words = words_of(drawn(unit("conv1", 7, 0.5), unit("conv5", 163, None)))
    assert {"conv1, 4", "conv5, 4", "row 2, column 3", "activation 1.5", "share 0.5"} <= set(words)


def test_it_says_what_is_compared(words_of):
    words = " ".join(words_of(drawn(unit("conv1", 7, None))))
    assert "activations of two layers do not compare" in words
    words = " ".join(words_of(drawn(unit("conv1", 7, 0.5), measure="share")))
    assert "strongest response to any validation image" in words


def test_many_layers_take_several_rows(pixels_of):
    one = pixels_of(drawn(*[unit("conv1", 7, None)] * 8))
    two = pixels_of(drawn(*[unit("conv1", 7, None)] * 9))
    assert one.shape[1] == two.shape[1]
    assert two.shape[0] > 1.7 * one.shape[0]
