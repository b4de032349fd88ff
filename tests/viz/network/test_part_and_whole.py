"""Only a part is computed, and it equals the whole; or the whole is taken."""

import pytest
import torch
from torch import nn

from tests.viz.network.kinds_of_layers import KINDS, conv
from training.models import Network, freeze
from training.models.merge import Add, Concat
from training.models.network import run_layer
from training.models.response_norm import ResponseNorm
from viz.deconvnet import project
from viz.network.windows import map_size, parts

pytestmark = pytest.mark.thorough


def around(layer):
    """The layer between convolutions, its units named two layers above."""
    torch.manual_seed(0)
    layers = {
        "conv1": nn.Conv2d(3, 6, 3, padding=1),
        "relu1": nn.ReLU(),
        "tested": layer,
        "relu2": nn.ReLU(),
        "conv2": nn.Conv2d(6, 4, 3, padding=1),
    }
    network = freeze(Network(layers, image_size=13).double())
    for parameter in network.parameters():
        nn.init.normal_(parameter, 0, 0.3)
    return network


def image_of(network, count=1):
    side = network.image_size
    generator = torch.Generator().manual_seed(1)
    return torch.randn(count, 3, side, side, generator=generator, dtype=torch.float64)


class Rectified(torch.autograd.Function):
    """A ReLU whose way back is that of a rule."""

    @staticmethod
    def forward(ctx, maps, rule):
        ctx.rule = rule
        ctx.save_for_backward(maps)
        return maps.clamp(min=0)

    @staticmethod
    def backward(ctx, signal):
        [maps] = ctx.saved_tensors
        stopped = signal * (maps > 0)
        found = {"gradient": stopped, "guided": stopped.clamp(min=0)}
        return found.get(ctx.rule, signal.clamp(min=0)), None


def whole(network, image, layer, rule, channel, units):
    """Autograd through the whole image, rules at ReLUs and response normalisation apart."""
    pixels = image.repeat(len(units), 1, 1, 1).requires_grad_()
    signals = {"image": pixels}
    for stage in network.plan([layer]):
        module, [source] = network.layers[stage.name], stage.sources
        given = signals[source]
        if isinstance(module, nn.ReLU):
            signals[stage.name] = Rectified.apply(given, rule)
        elif isinstance(module, ResponseNorm) and rule == "deconvnet":
            signals[stage.name] = given + (module(given) - given).detach()
        else:
            signals[stage.name] = run_layer(module, given)
    row, col = units.T
    chosen = signals[layer][torch.arange(len(units)), channel, row, col]
    return torch.autograd.grad(chosen.sum(), pixels)[0]


@pytest.mark.parametrize("layer", KINDS.values(), ids=KINDS)
def test_named_units_at_corners_and_edges_equal_the_whole_by_every_rule(layer):
    network = around(layer)
    image = image_of(network)
    rows, cols = network.activations(image, ["conv2"])["conv2"].shape[2:]
    places = [(0, 0), (0, cols - 1), (rows - 1, 0), (rows - 1, cols - 1), (rows // 2, cols // 2)]
    channels = torch.ones(len(places), dtype=torch.int64)
    if isinstance(layer, nn.BatchNorm2d) and not layer.track_running_stats:
        places, channels = places[:1], channels[:1]  # a batch is no set of single images there
    units = torch.tensor(places)
    images = image.expand(len(places), -1, -1, -1)
    for rule in ("gradient", "guided", "deconvnet"):
        expected = whole(network, image, "conv2", rule, 1, units)
        found = project(network, images, "conv2", channels, units=units, rule=rule)
        for at, one, other in zip(places, found, expected, strict=True):
            off = float((one - other).abs().max())
            assert off <= 1e-9 * float(other.abs().max()) + 1e-12, (at, rule)


@pytest.mark.parametrize("layer", KINDS.values(), ids=KINDS)
def test_a_part_of_a_map_is_cut_out_of_the_whole_map(layer):
    network = around(layer)
    rows, cols = network.activations(image_of(network), ["conv2"])["conv2"].shape[2:]
    for unit in [(0, 0), (0, cols - 1), (rows - 1, 1), (rows // 2, cols // 2)]:
        assert_cut_out(network, "conv2", torch.tensor([unit]))
    assert_cut_out(network, "conv2", torch.cartesian_prod(torch.arange(rows), torch.arange(2)))


ODD = {
    "kernel": conv((1, 5), padding=(0, 2)),
    "stride": conv((5, 2), (3, 1)),
    "padding": conv((3, 2), padding=(2, 1)),
    "dilation": conv((2, 3), dilation=(3, 2), padding=(1, 2)),
    "same": conv((4, 1), padding="same"),
    "reflect": conv((3, 1), padding=(1, 0), padding_mode="reflect"),
    "circular": conv((1, 3), padding=(0, 1), padding_mode="circular"),
    "max": nn.MaxPool2d((3, 2), (1, 2), (1, 0), ceil_mode=True),
    "mean": nn.AvgPool2d((2, 3), (2, 1), (1, 1), count_include_pad=False),
    "adaptive": nn.AdaptiveAvgPool2d((5, 3)),
    "adaptive, largest": nn.AdaptiveMaxPool2d((None, 4)),
}


@pytest.mark.parametrize("layer", ODD.values(), ids=ODD)
def test_windows_need_not_be_square(layer):
    network = around(layer)
    maps = network.activations(image_of(network), ["tested", "conv2"])
    for name in ("tested", "conv2"):
        rows, cols = maps[name].shape[2:]
        for unit in [(0, 0), (rows - 1, cols - 1), (rows // 2, 0)]:
            assert_cut_out(network, name, torch.tensor([unit]))


def assert_cut_out(network, layer, units):
    """Each layer on the way, computed from parts alone, is what the whole map has there."""
    images = image_of(network).expand(len(units), -1, -1, -1)
    stages = network.plan([layer])
    maps = {"image": images} | network.activations(images, [stage.name for stage in stages])
    inside = parts(network, layer, units, images.shape[2:])
    cut = {
        name: inside[name].window.of(each) if name in inside else each
        for name, each in maps.items()
    }
    for stage in stages:
        part, sources = inside.get(stage.name), [cut[source] for source in stage.sources]
        if part is not None:
            found = part.run(*part.read(sources))
            assert torch.allclose(found, cut[stage.name], atol=1e-12), stage.name
        else:
            assert all(source not in inside for source in stage.sources), stage.name


def test_units_far_from_the_edge_need_no_more_with_padding_that_mirrors():
    network = around(conv(3, padding=1, padding_mode="reflect"))
    found = parts(network, "conv2", torch.tensor([[6, 6]]), (13, 13))
    assert found["image"].window.rows.length == 7
    assert parts(network, "conv2", torch.tensor([[0, 6]]), (13, 13)).keys() == {"relu2", "conv2"}


def test_a_sum_of_maps_with_one_number_for_all_places_is_taken_whole():
    layers = {
        "conv1": nn.Conv2d(3, 4, 3, padding=1),
        "relu1": nn.ReLU(),
        "all": nn.Conv2d(4, 4, 9),
        "sum": Add(),
        "conv2": nn.Conv2d(4, 4, 3, padding=1),
    }
    torch.manual_seed(0)
    inputs = {"sum": ("all", "relu1")}
    network = freeze(Network(layers, image_size=9, inputs=inputs).double())
    image = image_of(network).requires_grad_()
    assert map_size(network, "conv2", (9, 9)) == (9, 9)
    unit = network.activations(image, ["conv2"])["conv2"][0, 1, 0, 8]
    (expected,) = torch.autograd.grad(unit, image)
    found = project(
        network, image.detach(), "conv2", torch.tensor([1]), units=torch.tensor([[0, 8]]),
        rule="gradient",
    )  # fmt: skip
    assert torch.allclose(found, expected, atol=1e-12)


def test_branches_that_pad_in_other_ways_meet():
    layers = {
        "conv1": nn.Conv2d(3, 4, 3, padding=1, padding_mode="circular"),
        "left": nn.Conv2d(4, 3, 3, padding="same", dilation=2),
        "right": nn.Conv2d(4, 3, 3, padding=1, padding_mode="replicate"),
        "both": Concat(),
        "conv2": nn.Conv2d(6, 4, 3),
    }
    torch.manual_seed(0)
    inputs = {"right": ("conv1",), "both": ("left", "right")}
    network = freeze(Network(layers, image_size=12, inputs=inputs).double())
    every = torch.cartesian_prod(torch.arange(10), torch.arange(10))
    for unit in every.split(7):
        assert_cut_out(network, "conv2", unit)
