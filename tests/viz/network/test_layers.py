"""Layers are told apart by what they are, in chains and in networks with branches."""

import pytest
import torch

from training.models import Network, create
from viz.network.layers import (
    backbone,
    deepest,
    key_layers,
    kind_of,
    last_hidden,
    maps_to_show,
    mined_together,
    source_of,
)
from viz.occlusion import last_maps


def plan_of(name: str, image_size: int = 64, classes: int = 10) -> Network:
    with torch.device("meta"):
        return create(name, classes, image_size=image_size).eval()


@pytest.mark.parametrize(
    ("name", "layer", "kind"),
    [
        ("lenet5", "C3", "convolution"),
        ("lenet5", "S2", "pooling"),
        ("lenet5", "tanh1", "activation"),
        ("lenet5", "output", "dense"),
        ("resnet18", "short3_1", "convolution"),
        ("resnet18", "add2_1", "merge"),
        ("resnet18", "pool5", "pooling"),
        ("resnet18", "shortbn3_1", "normalisation"),
        ("googlenet", "inception3a", "merge"),
        ("googlenet", "inception3a_pool", "pooling"),
        ("vgg16", "drop6", "dropout"),
    ],
)
def test_a_layer_is_what_it_does_not_what_it_is_called(name, layer, kind):
    assert kind_of(plan_of(name, 32).layers[layer]) == kind


def test_everything_passes_the_layers_of_a_chain():
    plan = plan_of("vgg16")
    assert backbone(plan) == set(plan.layers)


def test_between_the_blocks_of_a_resnet_everything_passes_one_layer():
    plan = plan_of("resnet18")
    stem = {"conv1", "bn1", "relu1", "pool1", "pool5", "fc"}
    blocks = {f"{kind}{stage}_{block}" for kind in ("add", "relu") for stage in (2, 3, 4, 5)
              for block in (1, 2)}  # fmt: skip
    assert backbone(plan) == stem | blocks


def test_branches_and_classifiers_on_the_side_are_no_trunk():
    found = backbone(plan_of("googlenet"))
    assert {"conv2", "pool3", "inception4a", "inception5b", "fc"} < found
    assert not any(name.startswith("aux") or "1x1" in name for name in found)


SIDES = {"alexnet": 224, "lenet5": 32, "cifar4": 32}


@pytest.mark.parametrize(
    ("name", "hidden", "deep", "watched"),
    [
        ("alexnet", "fc7", "conv5", "relu5"),
        ("lenet5", "F6", "C5", "tanh4"),
        ("cifar4", "pool3", "conv3", "relu3"),
        ("vgg16", "fc7", "conv5_3", "relu5_3"),
        ("resnet18", "pool5", "conv5_2b", "relu5_2"),
        ("googlenet", "pool5", "inception5b", "inception5b"),
    ],
)
def test_views_begin_at_a_sensible_layer(name, hidden, deep, watched):
    plan = plan_of(name, SIDES.get(name, 64))
    assert last_hidden(plan) == hidden
    assert deepest(plan) == deep
    assert last_maps(plan) == watched


def test_without_fully_connected_layers_features_are_pooled_maps(make_tiny):
    assert last_hidden(make_tiny(hidden=())) == "pool5"


@pytest.mark.parametrize(
    ("name", "layer", "source"),
    [
        ("resnet18", "relu5_2", "add5_2"),
        ("resnet18", "relu5_2a", "conv5_2a"),
        ("googlenet", "inception5b", "inception5b"),
        ("googlenet", "pool3", "inception3b"),
        ("lenet5", "tanh5", "C5"),
    ],
)
def test_a_map_is_followed_to_what_made_it(name, layer, source):
    assert source_of(plan_of(name, 32), layer) == source


def test_one_looks_at_what_leads_to_the_answer():
    shown = key_layers(plan_of("googlenet"))
    assert "inception4a_5x5" in shown
    assert not any(name.startswith("aux") or name.endswith("bn") for name in shown)


def test_of_many_layers_only_some_are_offered():
    plan = plan_of("resnet18")
    shown = maps_to_show(plan)
    assert {"conv1", "conv2_1a", "add2_1", "relu5_2"} < set(shown)
    assert not any("bn2" in name or name == "relu2_1a" for name in shown)
    few = plan_of("vgg16")
    assert maps_to_show(few) == list(few.geometry)


def test_layers_are_mined_together_while_their_maps_fit():
    small = plan_of("vgg16", 32)
    assert mined_together(small, "conv3_1") == small.convolutions
    assert mined_together(plan_of("vgg16", 224), "conv3_1") == ["conv3_1"]
