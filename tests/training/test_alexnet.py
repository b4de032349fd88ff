import random

import pytest
import torch
from torch import nn

from training.errors import WorkbenchError
from training.models import create, freeze, options
from training.models.drop_connect import DropConnect

MIDDLE = ("conv3", "relu3", "conv4", "relu4")
HIDDEN = ("fc6", "relu6", "drop6", "fc7", "relu7", "drop7")


def layers_of(name, **choices):
    with torch.device("meta"):
        return create(name, **choices).layers


@pytest.mark.parametrize(
    ("without", "gone"),
    [
        (["fc7"], HIDDEN[3:]),
        (["fc6", "fc7"], HIDDEN),
        (["conv3", "conv4"], MIDDLE),
        (["conv3", "conv4", "fc6", "fc7"], MIDDLE + HIDDEN),
    ],
)
def test_layers_left_out_take_theirs_along_and_the_others_keep_their_names(without, gone):
    whole = list(layers_of("alexnet"))
    assert list(layers_of("alexnet", without=without)) == [
        name for name in whole if name not in gone
    ]


def test_pooling_stays_when_its_convolution_goes():
    layers = layers_of("alexnet", without=["conv2", "conv5"])
    assert " ".join(layers) == (
        "conv1 relu1 norm1 pool1 pool2 conv3 relu3 conv4 relu4 pool5 "
        "fc6 relu6 drop6 fc7 relu7 drop7 fc8"
    )
    assert layers["fc6"].in_features == 384 * 6 * 6


@pytest.mark.parametrize("name", ["conv1", "fc8", "conv9", "relu3"])
def test_only_what_stands_between_the_first_and_the_last_layer_can_be_left_out(name):
    known = "conv2, conv3, conv4, conv5, fc6, fc7; the first and the last layer have to stay"
    with pytest.raises(WorkbenchError, match=f"without cannot leave out '{name}'.*{known}"):
        create("alexnet", 10, without=[name])


def test_the_small_networks_weights_are_those_it_always_had():
    torch.manual_seed(5)
    first = create("alexnet-small", 7)
    torch.manual_seed(5)  # torch's own layers in order, then the fillers in order
    widths, kernels = (3, 48, 96, 128, 128, 96), (7, 5, 3, 3, 3)
    again = [nn.Conv2d(a, b, k) for a, b, k in zip(widths, widths[1:], kernels, strict=False)]
    again += [nn.Linear(864, 256), nn.Linear(256, 256), nn.Linear(256, 7)]
    nn.init.normal_(again[0].weight, std=0.01)
    for layer in again[1:]:
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    weights = [value for name, value in first.named_parameters() if name.endswith("weight")]
    assert all(torch.equal(a, b.weight) for a, b in zip(weights, again, strict=True))
    assert not any(value.any() for name, value in first.named_parameters() if "bias" in name)


@pytest.mark.parametrize(
    ("filler", "deviation"),
    [("gaussian", 0.03), ("xavier", (1 / 1600) ** 0.5), ("he", (2 / 1600) ** 0.5)],
)
def test_fillers_have_the_deviations_of_their_formulas(filler, deviation):
    torch.manual_seed(0)
    narrow = {"widths": (64, 96, 8, 8, 8), "hidden": (8,), "groups": (1, 1, 1, 1, 1)}
    weight = create("alexnet", 2, **narrow, filler=filler, std=0.03).conv2.weight  # fan-in 64·5·5
    assert weight.std().item() == pytest.approx(deviation, rel=0.02)
    assert weight.mean().abs().item() < 0.02 * deviation
    if filler == "xavier":  # uniform: no further than √3 deviations
        assert weight.abs().max().item() == pytest.approx(3**0.5 * deviation, rel=0.01)


def test_a_constant_filler_leaves_all_filters_alike(make_tiny):
    network = make_tiny(filler="constant", std=0.02, conv1_std=None)
    assert all(
        (value == 0.02).all() for name, value in network.named_parameters() if "weight" in name
    )


def test_conv1_can_begin_smaller_than_the_others():
    torch.manual_seed(0)
    network = create("alexnet-small", 4, filler="gaussian", std=0.05, conv1_std=0.001)
    assert network.conv1.weight.std().item() == pytest.approx(0.001, rel=0.05)
    assert network.conv2.weight.std().item() == pytest.approx(0.05, rel=0.05)


@pytest.mark.parametrize(("name", "ones"), [("alexnet", 5), ("zfnet", 0)])
def test_biases_begin_as_each_paper_says(name, ones):
    network = create(name, 2, hidden=(8, 8))
    biases = [value for key, value in network.named_parameters() if key.endswith("bias")]
    assert sum(bool((bias == 1).all()) for bias in biases) == ones
    assert sum(bool((bias == 0).all()) for bias in biases) == len(biases) - ones


def test_batch_normalisation_stands_before_every_activation():
    names = list(layers_of("alexnet", batch_norm=True))
    for number in range(1, 8):
        assert names[names.index(f"relu{number}") - 1] == f"bn{number}"
    assert "bn8" not in names


@pytest.mark.parametrize(("dropout", "dropconnect"), [(0, 0), (0.5, 0), (0, 0.5), (0.4, 0.2)])
def test_units_and_connections_are_dropped_or_not_as_asked(dropout, dropconnect):
    layers = layers_of("alexnet", dropout=dropout, dropconnect=dropconnect)
    assert [name for name, layer in layers.items() if isinstance(layer, DropConnect)] == (
        ["fc6", "fc7"] if dropconnect else []
    )
    assert ("drop6" in layers) == ("drop7" in layers) == bool(dropout)


def test_zeiler_and_fergus_maps_have_the_sides_of_their_figure():
    network = freeze(create("zfnet", 2, widths=(4, 4, 4, 4, 4), hidden=(4,)))
    names = ["conv1", "pool1", "conv2", "pool2", "conv5", "pool5"]
    outputs = network.activations(torch.zeros(1, 3, 224, 224), names)
    assert [output.shape[-1] for output in outputs.values()] == [110, 55, 26, 13, 13, 6]


def test_the_four_layers_of_krizhevskys_first_figure():
    layers = create("cifar4", 10).layers
    assert " ".join(layers) == "conv1 relu1 pool1 conv2 relu2 pool2 conv3 relu3 pool3 fc4"
    assert layers["fc4"].in_features == 64 * 4 * 4


@pytest.mark.parametrize(
    ("choices", "lesson"),
    [
        ({"filler": "msra"}, "filler must be one of gaussian, xavier, he, constant, got 'msra'"),
        ({"pooling": "min"}, "pooling must be one of max, average, sum, stochastic, got 'min'"),
        ({"dropconnect": 1.0}, "dropconnect must be a number from 0 to less than 1, got 1.0"),
        ({"dropout": -0.1}, "dropout must be a number from 0 to less than 1, got -0.1"),
    ],
)
def test_wrong_choices_teach_the_right_ones(choices, lesson):
    with pytest.raises(WorkbenchError, match=lesson):
        create("alexnet", 2, **choices)


CHOICES = {
    "groups": [(1, 1, 1, 1, 1), (1, 2, 1, 2, 2)],
    "strides": [(1, 1, 1, 1, 1), (2, 1, 1, 1, 1)],
    "activation": ["relu", "tanh", "sigmoid"],
    "lrn": [(), (1, 2), (2, 3)],
    "lrn_after_pool": [False, True],
    "batch_norm": [False, True],
    "pooling": ["max", "average", "sum", "stochastic"],
    "pool_after": [(), (1,), (1, 2), (1, 2, 5)],
    "pool_kernel": [2, 3],
    "pool_ceil": [False, True],
    "hidden": [(), (9,), (12, 9), (7, 8, 9)],
    "dropout": [0.0, 0.5],
    "dropconnect": [0.0, 0.5],
    "filler": ["gaussian", "xavier", "he", "constant"],
    "conv1_std": [None, 0.01],
    "unit_biases": [False, True],
    "without": [(), ("conv2",), ("conv3", "conv4"), ("conv5",), ("fc6",), ("conv2", "fc6", "fc7")],
}


def combination(seed):
    """One value of each option; only layers that exist are left out."""
    chance = random.Random(seed)
    chosen = {option: chance.choice(values) for option, values in CHOICES.items()}
    spare = {f"fc{number}" for number in range(6, 6 + len(chosen["hidden"]))}
    without = [name for name in chosen["without"] if name.startswith("conv") or name in spare]
    return chosen | {"without": without}


@pytest.mark.parametrize("seed", range(40))
def test_any_combination_of_options_learns_and_is_built_again_from_what_is_saved(seed):
    small = {"image_size": 32, "widths": (6, 8, 8, 8, 6)}
    chosen = combination(seed)
    torch.manual_seed(seed)
    network = create("alexnet-small", 5, **small, **chosen)
    images = torch.randn(4, 3, 32, 32, generator=torch.Generator().manual_seed(seed))
    loss, logits = network.train().loss(images, torch.arange(4))
    loss.backward()
    assert logits.shape == (4, 5)
    assert all(
        value.grad is not None and value.grad.isfinite().all() for value in network.parameters()
    )
    assert not set(chosen["without"]) & set(network.layers)
    assert set(network.geometry) <= set(network.layers)

    torch.manual_seed(seed)
    again = create("alexnet-small", 5, **options("alexnet-small", **small, **chosen))
    again.load_state_dict(network.state_dict())
    assert torch.equal(freeze(network)(images), freeze(again)(images))
