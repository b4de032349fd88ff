"""Anybody's classifier becomes a network of ours: each trap is found, and mended or named."""

import json
from typing import Any

import pytest
import torch
from captum.attr import NeuronDeconvolution
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models import get_model

from training.adopt.adopt import adopt
from training.errors import WorkbenchError
from training.models import create, freeze
from training.models.response_norm import ResponseNorm
from viz.deconvnet import project, strongest_units

SIZE = 16


def pictures(count: int = 4) -> Tensor:
    return torch.randn(count, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(3))


class Plain(nn.Module):
    """conv1, norm, relu twice, conv2, pool, fc: what the traps below are built on."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 3, padding=1)
        self.bn = nn.BatchNorm2d(6)
        self.relu = nn.ReLU()
        self.conv2 = nn.Conv2d(6, 8, 3, padding="same", bias=False)
        self.pool = nn.MaxPool2d(2)
        self.fc = nn.Linear(8 * 8 * 8, 5)

    def features(self, images):
        return self.pool(self.relu(self.conv2(self.relu(self.bn(self.conv1(images))))))

    def forward(self, images):
        return self.fc(self.features(images).flatten(1))


class Functional(Plain):
    def features(self, images):
        maps = functional.relu(self.bn(self.conv1(images)))
        maps = torch.relu(self.conv2(maps))
        return functional.max_pool2d(maps, 2)

    def forward(self, images):
        maps = self.features(images)
        return self.fc(functional.dropout(maps.view(maps.size(0), -1), training=self.training))


class InPlace(Plain):
    def __init__(self) -> None:
        super().__init__()
        self.relu = nn.ReLU(inplace=True)

    def features(self, images):
        maps = self.conv1(images)
        self.relu(maps)  # nobody takes what it returns: it wrote over its input
        return self.pool(self.conv2(maps).relu_())


class Residual(Plain):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(20, 5)
        self.norm = nn.LocalResponseNorm(5, alpha=0.5, k=2.0)

    def forward(self, images):
        first = functional.relu(self.bn(self.conv1(images)))
        both = torch.cat([self.conv2(first), first], dim=1)
        both += self.norm(both)
        _count, _channels, height, width = both.shape
        if height == width:  # known as soon as the size is
            both = torch.cat([both, self.relu(first)], 1)
        return self.fc(both.mean((2, 3)))


class Named(Plain):
    def forward(self, images):
        maps = self.features(images)
        return {"maps": maps, "logits": self.fc(torch.flatten(maps, 1)), "loss": None}


class Probable(Plain):
    def forward(self, images):
        return functional.log_softmax(super().forward(images), dim=1)


class ByMaps(nn.Sequential):
    """A map for each class and their means, as in Network in Network."""

    def __init__(self) -> None:
        super().__init__(
            nn.Conv2d(3, 6, 3), nn.ReLU(), nn.Conv2d(6, 5, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten()
        )


NETWORKS = [Plain, Functional, InPlace, Residual, Named, Probable, ByMaps]


def fresh(kind: type[nn.Module]) -> nn.Module:
    """With biases and statistics that are not 0 and 1, in evaluation mode."""
    torch.manual_seed(0)
    network = kind()
    for parameter in network.parameters():
        if parameter.dim() == 1:
            nn.init.uniform_(parameter, 0.5, 1.5)
    with torch.no_grad():
        network.train()(pictures())
    return network.eval()


def logits_of(answer) -> Tensor:
    return answer["logits"] if isinstance(answer, dict) else answer


@pytest.mark.parametrize("kind", NETWORKS)
def test_the_logits_are_those_of_the_original(kind):
    module = fresh(kind)
    network = adopt(module, image_size=SIZE).network
    with torch.no_grad():
        theirs, ours = logits_of(module(pictures())), network(pictures())
    if kind is Probable:
        ours = ours.log_softmax(1)
    torch.testing.assert_close(ours, theirs)
    assert network.num_classes == 5


@pytest.mark.parametrize("kind", NETWORKS)
def test_what_is_kept_of_it_is_plain_data_that_builds_it_again(kind):
    found = adopt(fresh(kind), image_size=SIZE)
    options = json.loads(json.dumps({"image_size": SIZE, "graph": found.design.graph}))
    again = create("adopted", 5, **options).eval()
    again.load_state_dict(found.network.state_dict())
    with torch.no_grad():
        assert torch.equal(again(pictures()), found.network(pictures()))
    assert again.inputs == found.network.inputs


def test_functions_become_layers_and_are_told():
    found = adopt(fresh(Functional), image_size=SIZE)
    names = ["conv1", "bn", "relu1", "conv2", "relu2", "pool1", "drop1", "fc"]
    assert list(found.network.layers) == names
    assert "F.relu was called without a module: it is relu1 now." in found.rewrites
    assert "torch.relu was called without a module: it is relu2 now." in found.rewrites


def test_an_in_place_relu_works_on_a_copy():
    module = fresh(InPlace)
    found = adopt(module, image_size=SIZE)
    maps = found.network.activations(pictures(), ["conv1", "relu1", "conv2"])
    assert (maps["conv1"] < 0).any()
    assert torch.equal(maps["conv1"].relu(), maps["relu1"])
    assert (maps["conv2"] < 0).any()
    assert "relu1 and relu2 worked in place: they now work on copies." in found.rewrites
    assert module.relu.inplace  # theirs stays as it was


def test_a_module_that_is_used_twice_is_two_layers():
    found = adopt(fresh(Plain), image_size=SIZE)
    assert {"relu1", "relu2"} < set(found.network.layers)
    told = "Used more than once, and a layer for each use now: relu (relu1 and relu2)."
    assert told in found.rewrites


class Tied(Plain):
    def features(self, images):
        maps = self.relu(self.conv1(images))
        maps = self.again(self.again(maps))
        return self.pool(self.conv2(maps))

    def __init__(self) -> None:
        super().__init__()
        self.again = nn.Conv2d(6, 6, 1)


def test_weights_that_are_used_twice_are_copied():
    module = fresh(Tied)
    found = adopt(module, image_size=SIZE)
    weights = found.network.state_dict()
    assert torch.equal(weights["again1.weight"], weights["again2.weight"])
    assert any("again was used 2 times: each use has a copy" in told for told in found.rewrites)
    with torch.no_grad():
        torch.testing.assert_close(found.network(pictures()), module(pictures()))


def test_a_network_in_training_mode_is_shown_in_evaluation_mode_and_left_in_training_mode():
    module = fresh(Functional)
    with torch.no_grad():
        expected = module(pictures())
    found = adopt(module.train(), image_size=SIZE)
    with torch.no_grad():
        torch.testing.assert_close(found.network(pictures()), expected)
    assert module.training
    assert any("training mode" in told for told in found.rewrites)
    assert not any(
        "training mode" in told for told in adopt(module.eval(), image_size=SIZE).rewrites
    )


def test_named_outputs_are_unwrapped():
    found = adopt(fresh(Named), image_size=SIZE)
    assert found.network.head == "fc"
    assert any("logits is taken for the logits; maps left out" in told for told in found.rewrites)


def test_a_softmax_at_the_end_is_left_out():
    found = adopt(fresh(Probable), image_size=SIZE)
    assert found.network.head == "fc"
    assert any("its scores at the end is left out" in told for told in found.rewrites)


def test_torchs_response_normalisation_becomes_the_papers():
    network = adopt(fresh(Residual), image_size=SIZE).network
    assert isinstance(network.layers["norm"], ResponseNorm)
    assert network.inputs["add1"] == ("concat1", "norm")


class Head(Plain):
    def __init__(self) -> None:
        super().__init__()
        self.head = self.fc
        del self.fc

    def forward(self, images):
        return self.head(self.features(images).flatten(1))


def test_a_layer_may_be_called_like_something_else():
    assert adopt(fresh(Head), image_size=SIZE).network.head == "head_fc"


def test_a_chain_without_names_is_numbered_as_in_the_papers():
    module = nn.Sequential(
        nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 4, 3)),
        nn.Sequential(nn.Flatten(), nn.Linear(100, 8), nn.ReLU(), nn.Dropout(), nn.Linear(8, 3)),
    )
    names = ["conv1", "relu1", "pool1", "conv2", "fc3", "relu3", "drop3", "fc4"]
    assert list(adopt(module, image_size=SIZE).network.layers) == names


def test_torchvisions_network_has_the_papers_names():
    found = adopt(get_model("resnet18", num_classes=4), image_size=32)
    with torch.device("meta"):
        assert list(found.network.layers) == list(create("resnet18", 4, image_size=32).layers)


class Cleaned(nn.Module):
    """`Functional` as its author should have written it, for captum's hooks."""

    def __init__(self, other: Functional) -> None:
        super().__init__()
        self.conv1, self.bn, self.conv2, self.fc = other.conv1, other.bn, other.conv2, other.fc
        self.relu1, self.relu2, self.pool = nn.ReLU(), nn.ReLU(), nn.MaxPool2d(2)

    def forward(self, images):
        maps = self.pool(self.relu2(self.conv2(self.relu1(self.bn(self.conv1(images))))))
        return self.fc(maps.flatten(1))


@pytest.mark.filterwarnings("ignore:Setting backward hooks on ReLU")
@pytest.mark.filterwarnings("ignore:Input Tensor 0 did not already require gradients")
@pytest.mark.parametrize("layer", ["conv2", "relu2", "fc"])
def test_projections_are_captums_on_a_network_cleaned_by_hand(layer):
    module = fresh(Functional)
    network = freeze(adopt(module, image_size=SIZE).network)
    cleaned, images = Cleaned(module), pictures(1)
    unit = strongest_units(network.activations(images, [layer])[layer], torch.tensor([1]))
    oracle = NeuronDeconvolution(cleaned, getattr(cleaned, layer))
    neuron = (1,) if layer == "fc" else (1, *unit[0].tolist())
    theirs = oracle.attribute(images, neuron)
    ours = project(network, images, layer, torch.tensor([1]))
    assert (ours - theirs).abs().max() < 1e-5 * theirs.abs().max()


class Careful(Plain):
    def forward(self, images):
        if images.mean() > 0:
            images = -images
        return super().forward(images)


class Chance(Plain):
    def forward(self, images):
        return self.fc(functional.dropout(self.features(images)).flatten(1))


class Ambiguous(Plain):
    def forward(self, images):
        answer = super().forward(images)
        return answer, answer.relu()


class Squared(Plain):
    def forward(self, images):
        return self.fc((self.features(images) ** 2).flatten(1))


class Shuffled(Plain):
    def forward(self, images):
        return super().forward(images.flip(0))


class Reader(Plain):
    def forward(self, images):
        return self.fc(images.reshape(7, -1))


class Dense(nn.Sequential):
    def __init__(self) -> None:
        super().__init__(nn.Flatten(), nn.Linear(3 * SIZE * SIZE, 5))


@pytest.mark.parametrize(
    ("kind", "lesson"),
    [
        (Careful, r"decides its way.*test_adopt.py, line \d+: `if images.mean\(\) > 0:`"),
        (Chance, "differently each time.*training=self.training"),
        (Ambiguous, r"returns 0 \(N, 5\), 1 \(N, 5\); expected logits"),
        (Squared, r"pow.*features\(images\) \*\* 2.*--mean and --std"),
        (Shuffled, r"no layer here: x.flip"),
        (Reader, r"fails on images \(2, 3, 16, 16\).*`return self.fc\(images.reshape"),
        (Dense, "no convolution"),
    ],
)
def test_what_cannot_be_adopted_is_refused_in_plain_words(kind, lesson):
    with pytest.raises(WorkbenchError, match=lesson):
        adopt(kind().eval(), image_size=SIZE)


def test_hooks_that_change_the_answer_are_refused_with_their_layer():
    module = Plain()
    module.conv2.register_forward_hook(lambda _module, _given, maps: 2 * maps)
    with pytest.raises(WorkbenchError, match=r"hooks on conv2 that change what it gives"):
        adopt(module, image_size=SIZE)


GOOD: list[dict[str, Any]] = [
    {
        "name": "conv1",
        "layer": "Conv2d",
        "options": {"in_channels": 3, "out_channels": 4, "kernel_size": 3},
        "inputs": ["image"],
    },
    {"name": "pool1", "layer": "AdaptiveAvgPool2d", "options": {"output_size": 1}, "inputs": []},
    {
        "name": "fc",
        "layer": "Linear",
        "options": {"in_features": 4, "out_features": 5},
        "inputs": ["pool1"],
    },
]
GOOD[1]["inputs"] = ["conv1"]


def changed(place: int, **parts) -> list[dict]:
    graph = json.loads(json.dumps(GOOD))
    graph[place] |= parts
    return graph


def test_a_graph_is_a_network():
    assert list(create("adopted", 5, image_size=SIZE, graph=GOOD).layers) == [
        "conv1",
        "pool1",
        "fc",
    ]


@pytest.mark.parametrize(
    ("graph", "lesson"),
    [
        ([], "no list of 1 to"),
        ("conv1", "graph must be a list"),
        (["conv1"], "graph must be a list, each of them names with values"),
        ([{**GOOD[0], "code": "import os"}], "a stage has"),
        (changed(0, layer="system"), "unknown kind of layer 'system'"),
        (changed(0, layer="Sequential"), "unknown kind"),
        (changed(0, layer=["Conv2d"]), "not made of words"),
        (changed(0, name="forward"), "cannot be called 'forward'"),
        (changed(0, name="__class__"), "cannot be called"),
        (changed(1, name="conv1"), "cannot be called 'conv1'"),
        (changed(0, inputs=["fc"]), "no stages before it"),
        (changed(0, inputs=[]), "no stages before it"),
        (changed(0, options={"in_channels": 3, "device": "cuda"}), "no option 'device'"),
        (changed(0, options={"in_channels": {}}), "give a number"),
        (changed(0, options={}), "cannot be made"),
        (changed(0, options=GOOD[0]["options"] | {"kernel_size": "wide"}), "conv1"),
        (changed(0, options=GOOD[0]["options"] | {"padding": 10**6}), "conv1 gives"),
        (changed(0, options=GOOD[0]["options"] | {"out_channels": 10**30}), "conv1"),
        (changed(0, options=GOOD[0]["options"] | {"out_channels": 10**9}), "conv1 gives"),
        (changed(1, options={"output_size": 10**5}), "pool1 gives"),
        (changed(2, options={"in_features": 7, "out_features": 5}), "fc does not fit"),
        (changed(2, options={"in_features": 4, "out_features": 6}), r"gives \(6,\), expected"),
    ],
)
def test_a_hostile_graph_is_refused_before_it_costs_anything(graph, lesson):
    with pytest.raises(WorkbenchError, match=lesson):
        create("adopted", 5, image_size=SIZE, graph=graph)


def test_a_monstrous_image_is_refused():
    with pytest.raises(WorkbenchError, match=r"image_size must be .* to 4,096, got 1000000"):
        create("adopted", 5, image_size=10**6, graph=GOOD)
