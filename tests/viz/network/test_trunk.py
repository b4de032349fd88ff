"""The last maps are a cut: every way from the picture to the answer passes them."""

import random

import pytest
import torch
from torch import nn

from training.errors import WorkbenchError
from training.geometry import IMAGE
from training.models import Network, create
from training.models.merge import Add, Concat
from training.models.network import run_layer
from viz.attribution import METHODS, attribution, grad_cam, usable
from viz.correspondence.compute import default_layers
from viz.network.layers import backbone, deepest, last_hidden, last_maps, maps_to_watch

pytestmark = pytest.mark.thorough

SIDE = 8


def network_of(layers, **inputs):
    torch.manual_seed(0)
    return Network(layers, image_size=SIDE, inputs=inputs).eval()


def conv(before, after):
    return nn.Conv2d(before, after, 3, padding=1)


def ways(network):
    """All ways from the picture to the answer, each a list of layers."""

    def up_to(name):
        if name == IMAGE:
            return [[]]
        return [[*way, name] for source in set(network.inputs[name]) for way in up_to(source)]

    return up_to(network.head)


def random_network(seed):
    """Convolutions, ReLUs and sums wired at random; whatever leads nowhere is there, too."""
    chance = random.Random(seed)
    layers, inputs, names = {"conv0": conv(3, 2)}, {}, ["conv0"]
    for place in range(1, chance.randint(4, 9)):
        recent = names[-3:]
        source, other = chance.choice(recent), chance.choice(recent)
        kind = chance.choice([conv, nn.ReLU, Add])
        name = f"layer{place}"
        layers[name] = conv(2, 2) if kind is conv else kind()
        inputs[name] = (source, other) if kind is Add else (source,)
        names.append(name)
    at_the_end = chance.sample(names, min(len(names), chance.randint(1, 2)))
    for place, name in enumerate(at_the_end):
        layers[f"mean{place}"] = nn.AdaptiveAvgPool2d(1)
        inputs[f"mean{place}"] = (name,)
    layers["both"] = Concat()
    inputs["both"] = tuple(f"mean{place}" for place in range(len(at_the_end)))
    layers["fc"] = nn.Linear(2 * len(at_the_end), 3)
    return network_of(layers, **inputs)


@pytest.mark.parametrize("seed", range(40))
def test_the_last_maps_are_the_last_layer_on_every_way(seed):
    network = random_network(seed)
    on_all = set.intersection(*(set(way) for way in ways(network)))
    assert backbone(network) == on_all
    maps = [name for name in network.inputs if name in on_all and name.startswith(("c", "l"))]
    assert last_maps(network) == maps[-1]
    assert last_hidden(network) in on_all - {"fc"}


def trunk(name, before=3, after=4):
    return {f"{name}_conv": conv(before, after), f"{name}_relu": nn.ReLU()}


def ending(width):
    return {"fc": nn.Linear(width, 3)}


def pooled(*names):
    return {f"{name}_mean": nn.AdaptiveAvgPool2d(1) for name in names}


MADE = {
    "a chain": (network_of(trunk("a") | ending(256)), "a_relu"),
    "a short cut around all maps but the stem": (
        network_of(
            trunk("stem") | trunk("a", 4) | {"sum": Add(), "pool": nn.MaxPool2d(2)} | ending(64),
            sum=("a_relu", "stem_relu"),
        ),
        "sum",
    ),
    "branches put together in maps": (
        network_of(
            trunk("a") | trunk("b") | {"both": Concat(), "mix": conv(8, 4)} | ending(256),
            b_conv=(IMAGE,), both=("a_relu", "b_relu"),
        ),
        "mix",
    ),
    "early maps that go to the classifier, too": (
        network_of(
            trunk("stem") | trunk("a", 4) | pooled("stem", "a") | {"both": Concat()} | ending(8),
            stem_mean=("stem_relu",), a_mean=("a_relu",), both=("stem_mean", "a_mean"),
        ),
        "stem_relu",
    ),
    "two trunks from one stem": (
        network_of(
            trunk("stem") | trunk("a", 4) | trunk("b", 4) | pooled("a", "b")
            | {"both": Concat()} | ending(8),
            b_conv=("stem_relu",), a_mean=("a_relu",), b_mean=("b_relu",),
            both=("a_mean", "b_mean"),
        ),
        "stem_relu",
    ),
    "behind adaptive pooling": (
        network_of(trunk("a") | {"four": nn.AdaptiveAvgPool2d(4)} | trunk("b", 4) | ending(64)),
        "b_relu",
    ),
    "normalised and no more": (
        network_of({"a": conv(3, 4), "norm": nn.BatchNorm2d(4)} | ending(256)), "norm",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("network", "expected"), MADE.values(), ids=MADE)
def test_the_cut_by_hand(network, expected):
    assert last_maps(network) == expected
    assert maps_to_watch(network) == expected
    assert usable(network) == (tuple(METHODS), ())


@pytest.mark.parametrize(("network", "expected"), MADE.values(), ids=MADE)
def test_nothing_of_the_picture_gets_around_the_last_maps(network, expected):
    assert not reaches_the_answer(network, without=expected)


@pytest.mark.parametrize("name", ["resnet18", "googlenet"])
def test_nothing_gets_around_the_last_maps_of_the_papers_networks(name):
    torch.manual_seed(0)
    network = create(name, 4, image_size=32).eval()
    assert not reaches_the_answer(network, without=last_maps(network))
    assert not reaches_the_answer(network, without=last_hidden(network))
    inside = next(layer for layer in network.convolutions[1:] if layer not in backbone(network))
    assert reaches_the_answer(network, without=inside)


def reaches_the_answer(network, *, without):
    """Whether the answer has a gradient in the picture with one layer's output held still."""
    side = network.image_size
    image = torch.randn(1, 3, side, side, requires_grad=True)
    signals = {IMAGE: image}
    for stage in network.plan([network.head]):
        sources = [signals[source] for source in stage.sources]
        found = run_layer(network.layers[stage.name], *sources)
        signals[stage.name] = found.detach() if stage.name == without else found
    answer = signals[network.head]
    if not answer.requires_grad:
        return False
    [slope] = torch.autograd.grad(answer.sum(), image, allow_unused=True)
    return slope is not None and bool(slope.any())


@pytest.fixture
def two_trunks():
    layers = trunk("a") | trunk("b") | pooled("a", "b") | {"both": Concat()} | ending(8)
    return network_of(
        layers, b_conv=(IMAGE,), a_mean=("a_relu",), b_mean=("b_relu",), both=("a_mean", "b_mean")
    )


def test_where_there_is_no_cut_one_sentence_says_so(two_trunks):
    with pytest.raises(WorkbenchError, match="part at the picture and meet in both, which"):
        last_maps(two_trunks)
    image, label = torch.randn(1, 3, SIDE, SIDE), torch.tensor([0])
    with pytest.raises(WorkbenchError, match="There are no last maps"):
        attribution(two_trunks, image, label, method="grad-cam")
    assert grad_cam(two_trunks, image, label, layer="a_relu").shape == (1, SIDE, SIDE)


def test_without_a_cut_the_other_methods_are_left_and_the_reason_is_given(two_trunks):
    methods, [reason] = usable(two_trunks)
    assert set(methods) == set(METHODS) - {"grad-cam"}
    assert reason.startswith("Grad-CAM has no map. There are no last maps")
    with pytest.raises(WorkbenchError, match="no last maps"):
        usable(two_trunks, ["grad-cam"])


def test_without_a_cut_one_trunk_is_watched_and_features_are_those_of_both(two_trunks):
    assert maps_to_watch(two_trunks) == deepest(two_trunks) == "b_conv"
    assert last_hidden(two_trunks) == "both"
    assert default_layers(two_trunks) == ["both"]


def test_where_all_maps_are_single_units_the_last_of_them_are_taken():
    layers = {"a": nn.Conv2d(3, 4, SIDE), "relu": nn.ReLU(), "b": nn.Conv2d(4, 4, 1)}
    assert last_maps(network_of(layers | ending(4))) == "b"


def test_answers_that_are_added_up_have_no_hidden_layer_in_common():
    layers = {
        "a": conv(3, 4),
        "fc_a": nn.Linear(256, 3),
        "b": conv(3, 4),
        "fc_b": nn.Linear(256, 3),
    }
    inputs = {"b": (IMAGE,), "sum": ("fc_a", "fc_b")}
    network = network_of(layers | {"sum": Add()}, **inputs)
    with pytest.raises(WorkbenchError, match="only their answers meet"):
        last_hidden(network)
