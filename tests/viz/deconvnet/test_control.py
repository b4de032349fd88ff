import math

import pytest
import torch
from torch import nn

from training.errors import WorkbenchError
from training.models import Network
from viz.deconvnet import project
from viz.deconvnet.control import control


def one_layer(kernels, bias=None):
    """A network of one 2×2 convolution that reads red alone, (C, 2, 2)."""
    layer = nn.Conv2d(3, len(kernels), 2)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    with torch.no_grad():
        layer.weight[:, 0] = torch.tensor(kernels)
        if bias is not None:
            layer.bias.copy_(torch.tensor(bias))
    return Network({"conv1": layer}, image_size=4).requires_grad_(False)


def control_of(network, channel=0, seed=0, rule="deconvnet"):
    image = torch.ones(3, 4, 4)
    units = torch.tensor([[1, 1]])
    [own] = project(network, image[None], "conv1", torch.tensor([channel]), units=units, rule=rule)
    return control(
        network, image, "conv1", channel, (1, 1), own,
        rule=rule, generator=torch.Generator().manual_seed(seed),
    )  # fmt: skip


def test_two_units_that_read_alike_have_the_same_picture():
    found = control_of(one_layer([[[1.0, 2.0], [3.0, 4.0]], [[2.0, 4.0], [6.0, 8.0]]]))
    assert found.channel == 1
    assert found.similarity == pytest.approx(1)
    assert found.projection[0, 1:3, 1:3].tolist() == [[2, 4], [6, 8]]


def test_the_sign_is_no_difference():
    found = control_of(one_layer([[[1.0, 2.0], [3.0, 4.0]], [[-1.0, -2.0], [-3.0, -4.0]]]))
    assert found.similarity == pytest.approx(1)


def test_two_units_that_read_other_pixels_are_opposites_where_either_looks():
    found = control_of(one_layer([[[1.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 1.0]]]))
    assert found.similarity == pytest.approx(-1)


def test_the_other_unit_fires_too_as_far_as_there_is_one():
    kernels = [[[1.0, 0.0], [0.0, 0.0]]] * 4
    some_fire = one_layer(kernels, bias=[0.0, -5.0, 0.0, -5.0])
    assert {control_of(some_fire, seed=seed).channel for seed in range(20)} == {2}
    none_fires = one_layer(kernels, bias=[0.0, -5.0, -5.0, -5.0])
    assert {control_of(none_fires, seed=seed).channel for seed in range(40)} == {1, 2, 3}


def test_an_empty_picture_is_like_nothing():
    found = control_of(one_layer([[[0.0, 0.0], [0.0, 0.0]], [[1.0, 1.0], [1.0, 1.0]]]))
    assert math.isnan(found.similarity)


def test_deep_units_are_compared_by_the_same_rule(tiny, noise):
    units, channels = torch.tensor([[1, 1]]), torch.tensor([2])
    for rule in ("deconvnet", "guided", "gradient"):
        [own] = project(tiny, noise[:1], "relu5", channels, units=units, rule=rule)
        found = control(
            tiny, noise[0], "relu5", 2, (1, 1), own,
            rule=rule, generator=torch.Generator().manual_seed(0),
        )  # fmt: skip
        other = torch.tensor([found.channel])
        [theirs] = project(tiny, noise[:1], "relu5", other, units=units, rule=rule)
        assert found.channel != 2
        assert torch.equal(found.projection, theirs)


def test_a_layer_of_one_channel_has_no_control():
    with pytest.raises(WorkbenchError, match="conv1 has one channel only"):
        control_of(one_layer([[[1.0, 1.0], [1.0, 1.0]]]))
