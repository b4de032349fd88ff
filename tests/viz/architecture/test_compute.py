import pytest
import torch

from training.geometry import ReceptiveField
from training.models import create
from viz.architecture import describe


def test_the_papers_network_has_the_papers_numbers():
    network = create("alexnet")
    rows = {row.name: row for row in describe(network)}
    assert list(rows) == list(network.layers)
    assert sum(row.parameters for row in rows.values()) == 60_965_224
    assert sum(row.macs for row in rows.values()) == 724_406_816
    # conv1 by hand: 55·55 places × 96 filters × 11·11·3 weights
    assert rows["conv1"].macs == 55 * 55 * 96 * 363 == 105_415_200
    # conv2 sees one tower of 48 maps only
    assert rows["conv2"].macs == 27 * 27 * 256 * 5 * 5 * 48
    assert rows["conv2"].parameters == 256 * 5 * 5 * 48 + 256
    outputs = {name: rows[name].output for name in ("conv1", "pool1", "pool2", "conv5", "pool5")}
    assert outputs == {
        "conv1": (96, 55, 55),
        "pool1": (96, 27, 27),
        "pool2": (256, 13, 13),
        "conv5": (256, 13, 13),
        "pool5": (256, 6, 6),
    }
    assert rows["fc6"].output == (4096,)
    assert rows["fc8"].output == (1000,)
    assert rows["conv1"].receptive_field == ReceptiveField(11, 4, -2)
    assert rows["fc6"].receptive_field is None


@pytest.mark.parametrize(
    ("layer", "kind"),
    [
        ("conv1", "convolution 11×11, stride 4, padding 2"),
        ("conv2", "convolution 5×5, stride 1, padding 2, 2 groups"),
        ("relu1", "rectified linear"),
        ("norm1", "response normalisation over 5 channels"),
        ("pool1", "max pooling 3×3, stride 2"),
        ("drop6", "dropout 0.5"),
        ("fc6", "fully connected"),
    ],
)
def test_layers_are_called_by_their_kind_and_settings(layer, kind):
    rows = describe(create("alexnet", num_classes=2, hidden=(8, 8)))
    assert {row.name: row.kind for row in rows}[layer] == kind


def test_every_option_has_its_words(make_tiny):
    rows = describe(make_tiny(batch_norm=True, activation="tanh", dropconnect=0.3))
    kinds = {row.name: row.kind for row in rows}
    assert kinds["bn1"] == kinds["bn6"] == "batch normalisation"
    assert kinds["tanh1"] == "tanh"
    assert kinds["fc6"] == "fully connected, dropconnect 0.3"
    assert kinds["fc8"] == "fully connected"


@pytest.mark.parametrize("pooling", ["max", "average", "sum", "stochastic"])
def test_every_kind_of_pooling_has_its_word(make_tiny, pooling):
    kinds = {row.name: row.kind for row in describe(make_tiny(pooling=pooling))}
    assert kinds["pool1"] == f"{pooling} pooling 3×3, stride 2"


@pytest.mark.parametrize(
    ("without", "parameters", "macs"),
    [
        # fc7: 4096·4097 parameters, 4096·4096 products
        (["fc7"], 44_183_912, 707_629_600),
        (["fc6", "fc7"], 11_551_080, 675_000_864),
        # most parameters are fully connected, most products are convolutions
        (["conv3", "conv4"], 59_268_712, 437_826_080),
        (["conv3", "conv4", "fc6", "fc7"], 9_854_568, 388_420_128),
    ],
)
def test_leaving_layers_out_saves_what_they_cost(without, parameters, macs):
    with torch.device("meta"):
        rows = describe(create("alexnet", without=without).eval())
    assert sum(row.parameters for row in rows) == parameters
    assert sum(row.macs for row in rows) == macs


def test_what_is_left_costs_what_it_does_by_hand():
    with torch.device("meta"):
        left_out = ("conv3", "conv4", "fc6", "fc7")
        rows = {row.name: row for row in describe(create("alexnet", without=left_out).eval())}
    # conv5's two towers see the 256 maps of pool2, and fc8 the 256 maps of 6×6 of pool5
    assert rows["conv5"].parameters == 256 * (3 * 3 * 128 + 1)
    assert rows["conv5"].macs == 13 * 13 * 256 * 3 * 3 * 128
    assert rows["fc8"].parameters == 1000 * (256 * 6 * 6 + 1)


def test_describing_changes_nothing(make_tiny):
    network = make_tiny(batch_norm=True)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    describe(network)
    assert all((before[name] == value).all() for name, value in network.state_dict().items())


@pytest.mark.parametrize(
    ("name", "layer", "kind"),
    [
        ("resnet18", "add2_1", "sum of branches"),
        ("resnet18", "pool5", "mean of each map"),
        ("googlenet", "inception3a", "channels of all branches"),
        ("vgg16", "avgpool", "average pooling to 7×7"),
        ("lenet5", "C3", "convolution 5×5, 60 kernels by a table"),
        ("lenet5", "S2", "trainable sub-sampling 2×2"),
        ("lenet5", "output", "distance to a fixed code for each class"),
    ],
)
def test_layers_of_other_families_have_their_words(name, layer, kind):
    with torch.device("meta"):
        network = create(name, 10, image_size=64).eval()
    assert {row.name: row.kind for row in describe(network)}[layer] == kind


def test_a_table_of_connections_costs_only_what_it_connects():
    with torch.device("meta"):
        network = create("lenet5", 10).eval()
    rows = {row.name: row for row in describe(network)}
    assert rows["C3"].macs == 60 * 25 * 10 * 10


@pytest.mark.parametrize(
    ("name", "macs"), [("vgg16", 15.47e9), ("resnet18", 1.814e9), ("resnet50", 4.089e9)]
)
def test_costs_are_those_that_torchvision_publishes(name, macs):
    with torch.device("meta"):
        network = create(name).eval()
    assert sum(row.macs for row in describe(network)) == pytest.approx(macs, rel=1e-3)
