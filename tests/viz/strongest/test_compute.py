"""The unit of each layer that an image excites most."""

from dataclasses import replace

import pytest
import torch

from training.errors import WorkbenchError
from viz.deconvnet import project
from viz.network.patches import boxes, cut
from viz.strongest import as_arrays, as_units, convolutions_on_the_way, strongest

LAYERS = ["conv1", "conv3", "conv5"]


def same(images):
    return images


def test_of_each_layer_it_is_the_largest_activation(tiny, noise):
    maps = tiny.activations(noise[:1], LAYERS)
    for unit in strongest(tiny, noise[0], LAYERS, picture=same):
        layer = maps[unit.layer][0]
        assert unit.activation == pytest.approx(float(layer.max()), rel=1e-5)
        assert float(layer[unit.channel, unit.row, unit.col]) == float(layer.max())
        assert unit.share is None


def test_a_unit_counts_by_its_share_of_what_its_channel_can_do(tiny, noise):
    maps = tiny.activations(noise[:1], ["conv3"])["conv3"][0]
    strongest_of_channel = maps.amax((1, 2))
    usual = 10 * strongest_of_channel.abs()
    usual[5] = strongest_of_channel[5].abs() / 2  # twice as strong as any image made it
    (unit,) = strongest(tiny, noise[0], ["conv3"], {"conv3": usual}, picture=same)
    assert unit.channel == 5 or float(strongest_of_channel[5]) < 0
    shares = (maps / usual[:, None, None]).flatten()
    assert unit.share == pytest.approx(float(shares.max()), rel=1e-5)


def test_a_channel_that_nothing_excites_is_left_out(tiny, noise):
    channel = strongest(tiny, noise[0], ["conv3"], picture=same)[0].channel
    usual = torch.ones(8)
    usual[channel] = 0
    (other,) = strongest(tiny, noise[0], ["conv3"], {"conv3": usual}, picture=same)
    assert other.channel != channel


def test_patch_and_projection_are_those_of_the_unit(tiny, noise):
    for unit in strongest(tiny, noise[0], LAYERS, picture=same):
        place = torch.tensor([[unit.row, unit.col]])
        square = boxes(tiny, unit.layer, place[:, 0], place[:, 1])
        found = project(tiny, noise[:1], unit.layer, torch.tensor([unit.channel]), units=place)
        assert torch.equal(unit.patch, cut(noise[:1], square)[0])
        assert torch.equal(unit.projection, cut(found, square, fill=0.0)[0])


def test_the_layers_are_the_convolutions(tiny):
    layers = convolutions_on_the_way(tiny)
    assert layers == ["conv1", "conv2", "conv3", "conv4", "conv5"]


def test_nothing_is_lost_in_caching(tiny, noise):
    for usual in (None, {"conv1": torch.ones(6)}):
        units = strongest(tiny, noise[0], LAYERS, usual, picture=same)
        again = as_units(as_arrays(units))
        for unit, other in zip(units, again, strict=True):
            assert replace(other, patch=unit.patch, projection=unit.projection) == unit
            assert torch.equal(other.patch, unit.patch)
            assert torch.equal(other.projection, unit.projection)


def test_an_unknown_layer_is_refused(tiny, noise):
    with pytest.raises(WorkbenchError, match="No layer 'conv9'"):
        strongest(tiny, noise[0], ["conv9"], picture=same)
