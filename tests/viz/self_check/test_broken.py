"""The self-check fails when the code is broken on purpose, whatever is broken."""

from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn.functional import pad

from training.models import Network, freeze
from training.models.response_norm import ResponseNorm
from viz.by_hand import compute as by_hand
from viz.deconvnet import compute as deconvnet
from viz.network import reach, windows
from viz.self_check import self_check
from viz.self_check.compute import _in_double, _named_deviation, corners_and_edges

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def network():
    """Few layers, many kinds: whatever is broken is on the way of some unit."""
    layers = {
        "conv1": nn.Conv2d(3, 6, 3, padding=1),
        "relu1": nn.ReLU(),
        "norm1": ResponseNorm(6, alpha=0.3),
        "pool1": nn.MaxPool2d(3, 2, 1),
        "conv2": nn.Conv2d(6, 6, 3, padding=2, dilation=2),
        "relu2": nn.ReLU(),
        "pool2": nn.AvgPool2d(3, 2, 1, count_include_pad=False),
        "conv3": nn.Conv2d(6, 6, 3, padding=1, padding_mode="reflect"),
        "relu3": nn.ReLU(),
        "fc": nn.Linear(6 * 36, 4),
    }
    torch.manual_seed(0)
    network = Network(layers, image_size=24)
    with torch.no_grad():
        for name in ("conv1", "conv2", "conv3"):
            layers[name].bias.normal_(0, 0.3)
    return freeze(network)


def test_it_passes_as_it_is(network):
    found = self_check(network)
    assert found.passed
    assert found.layers == ("conv1", "pool1", "conv2", "conv3", "fc")
    assert max(found.deviation, found.gradient, found.named, found.by_hand) < 1e-5


ARITHMETIC = {
    "a ReLU that rectifies nothing": ("deconvnet", {"relu": lambda signal, _: signal}),
    "a ReLU that is never off": ("guided", {"relu": lambda signal, _: signal.clamp(min=0)}),
    "a ReLU that forgets to rectify": ("guided", {"relu": lambda signal, out: signal * (out > 0)}),
    "a ReLU that rectifies too much": (
        "gradient",
        {"relu": lambda signal, out: signal.clamp(min=0) * (out > 0)},
    ),
    "a signal a thousandth too large": ("guided", {
        "relu": lambda signal, out: 1.001 * signal.clamp(min=0) * (out > 0)
    }),
    "a norm that is passed over": ("gradient", {"through_norm": True}),
    "a norm that is not": ("deconvnet", {"through_norm": False}),
}  # fmt: skip


@pytest.mark.parametrize(("rule", "changes"), ARITHMETIC.values(), ids=ARITHMETIC)
def test_a_rule_with_other_arithmetic_is_noticed(network, monkeypatch, rule, changes):
    changed = replace(deconvnet.RULES[rule], **changes)
    monkeypatch.setitem(deconvnet.RULES, rule, changed)
    found = self_check(network)
    assert not found.passed
    assert "do not trust them" in found.words
    assert (found.gradient > 1e-5) == (rule == "gradient")


def with_fill(how):
    return replace(how, fill=0.5)


def as_if_zeros(how):
    return replace(how, fill=0.0 if how.fill is None else how.fill)


def a_row_lower(how):
    down, across = how.reaches
    return replace(how, reaches=(replace(down, before=down.before - 1), across))


def without_bias(how):
    return replace(how, run=lambda *maps: how.run(*maps) - how.run(*(0 * each for each in maps)))


def a_row_short(how):
    down, across = how.reaches
    return replace(how, reaches=(down, replace(across, before=across.before + 1)))


WINDOWS = [with_fill, as_if_zeros, a_row_lower, without_bias, a_row_short]


@pytest.mark.parametrize("broken", WINDOWS)
def test_a_part_that_is_not_the_whole_is_noticed(network, monkeypatch, broken):
    local = reach.local
    monkeypatch.setattr(windows, "local", lambda layer: (how := local(layer)) and broken(how))
    found = self_check(network)
    assert not found.passed
    assert found.named > 1e-5


def test_a_part_put_back_one_row_away_is_noticed(network, monkeypatch):
    moved = windows._moved
    monkeypatch.setattr(
        windows, "_moved", lambda maps, down, *others: moved(maps, down + 1, *others)
    )
    assert not self_check(network).passed


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
def test_a_unit_by_hand_with_zeros_around_it_is_noticed(monkeypatch, mode):
    layers = {
        "conv1": nn.Conv2d(3, 4, 3, padding=1, padding_mode=mode),
        "fc": nn.Linear(4 * 144, 3),
    }
    torch.manual_seed(0)
    network = freeze(Network(layers, image_size=12))
    assert self_check(network).passed

    monkeypatch.setattr(by_hand, "padded", lambda _layer, planes: pad(planes, (1, 1, 1, 1)))
    found = self_check(network)
    assert not found.passed
    assert found.by_hand > 1e-5 > found.named


@pytest.mark.parametrize("rule", deconvnet.RULES)
def test_in_double_precision_nothing_is_left_of_the_difference(network, rule):
    image = torch.randn(1, 3, 24, 24, generator=torch.Generator().manual_seed(5))
    double = _named_deviation(_in_double(network, "conv3"), image.double(), "conv3", rule, 0)
    assert double < 1e-12
    assert network.layers["conv3"].weight.dtype == torch.float32


def test_corners_and_edges_are_units_once_each():
    assert corners_and_edges(1, 1).tolist() == [[0, 0]]
    assert len(corners_and_edges(2, 1)) == 2
    found = corners_and_edges(5, 7).tolist()
    assert len(found) == 8
    assert all(row in (0, 4) or col in (0, 6) for row, col in found)
