"""A network is a graph of named layers."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from training.errors import WorkbenchError
from training.geometry import IMAGE, ReceptiveField
from training.models import Network
from training.models.merge import Add, Concat
from training.models.table_conv import TableConv2d


@pytest.fixture
def residual() -> Network:
    """conv1 → relu1 → conv2 → add ← relu1; fc on top of the sum."""
    torch.manual_seed(0)
    return Network(
        {
            "conv1": nn.Conv2d(3, 4, 3, padding=1),
            "relu1": nn.ReLU(),
            "conv2": nn.Conv2d(4, 4, 3, padding=1),
            "add2": Add(),
            "fc": nn.Linear(4 * 36, 5),
        },
        image_size=6,
        inputs={"add2": ("conv2", "relu1")},
    )


def test_a_short_cut_is_added_to_the_way_round(residual):
    images = torch.randn(2, 3, 6, 6)
    below = residual.conv1(images).relu()
    expected = residual.fc((residual.conv2(below) + below).flatten(1))
    assert torch.equal(residual(images), expected)


def test_branches_are_stacked_in_the_order_they_are_named():
    layers = {
        "a": nn.Conv2d(3, 2, 1),
        "b": nn.Conv2d(3, 1, 1),
        "both": Concat(),
        "fc": nn.Linear(12, 2),
    }
    network = Network(layers, image_size=2, inputs={"b": (IMAGE,), "both": ("b", "a")})
    images = torch.randn(1, 3, 2, 2)
    maps = network.activations(images, ["both"])["both"]
    assert torch.equal(maps[:, :1], network.b(images))
    assert torch.equal(maps[:, 1:], network.a(images))


def test_what_a_layer_does_not_need_is_not_run(residual):
    residual.conv2.forward = None  # calling it would raise
    assert residual.activations(torch.randn(1, 3, 6, 6), ["relu1"])["relu1"].shape == (1, 4, 6, 6)


def test_activations_come_in_forward_order(residual):
    found = residual.activations(torch.randn(1, 3, 6, 6), ["fc", "conv1", "add2"])
    assert list(found) == ["conv1", "add2", "fc"]


def test_outputs_are_let_go_after_their_last_use(residual):
    spent = {stage.name: stage.spent for stage in residual.plan(["fc"])}
    assert spent == {
        "conv1": (IMAGE,),
        "relu1": ("conv1",),
        "conv2": (),
        "add2": ("conv2", "relu1"),
        "fc": ("add2",),
    }


def test_a_sum_sees_the_square_around_all_that_it_adds(residual):
    assert residual.geometry["add2"] == ReceptiveField(size=5, stride=1, start=-2)
    assert "fc" not in residual.geometry


def test_a_dilated_kernel_sees_further():
    network = Network({"conv1": nn.Conv2d(3, 1, 3, dilation=2, padding=2)}, image_size=8)
    assert network.geometry["conv1"] == ReceptiveField(size=5, stride=1, start=-2)


def test_branches_of_different_strides_have_no_common_units():
    layers = {"a": nn.Conv2d(3, 2, 1), "b": nn.Conv2d(3, 2, 1, stride=2), "both": Add()}
    network = Network(layers, image_size=4, inputs={"b": (IMAGE,), "both": ("a", "b")})
    with pytest.raises(WorkbenchError, match="strides of 1 and 2 px"):
        _ = network.geometry


def test_auxiliary_classifiers_add_their_share_to_the_loss_in_training_only():
    layers = {"conv1": nn.Conv2d(3, 2, 1), "aux": nn.Linear(8, 3), "fc": nn.Linear(8, 3)}
    network = Network(layers, image_size=2, inputs={"fc": ("conv1",)}, auxiliary={"aux": 0.3})
    images, labels = torch.randn(4, 3, 2, 2), torch.tensor([0, 1, 2, 0])
    features = network.conv1(images).flatten(1)
    main = functional.cross_entropy(network.fc(features), labels)
    aux = functional.cross_entropy(network.aux(features), labels)
    loss, logits = network.loss(images, labels)
    torch.testing.assert_close(loss, main + 0.3 * aux)
    assert torch.equal(logits, network.fc(features))
    torch.testing.assert_close(network.eval().loss(images, labels)[0], main)


def test_a_filter_sees_only_the_maps_its_table_names():
    layer = TableConv2d(3, [(0,), (1, 2)], kernel_size=3)
    nn.init.normal_(layer.kernels)
    nn.init.zeros_(layer.bias)
    maps = torch.randn(1, 3, 5, 5)
    first = functional.conv2d(maps[:, :1], layer.kernels[:1, None])
    second = functional.conv2d(maps[:, 1:], layer.kernels[1:][None])
    torch.testing.assert_close(layer(maps), torch.cat([first, second], dim=1))
    assert layer.kernels.shape == (3, 3, 3)
