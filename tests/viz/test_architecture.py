import pytest

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
    rows = describe(make_tiny(batch_norm=True, activation="tanh", pooling="average"))
    kinds = {row.name: row.kind for row in rows}
    assert kinds["bn1"] == "batch normalisation"
    assert kinds["tanh1"] == "tanh"
    assert kinds["pool1"] == "average pooling 3×3, stride 2"


def test_describing_changes_nothing(make_tiny):
    network = make_tiny(batch_norm=True)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    describe(network)
    assert all((before[name] == value).all() for name, value in network.state_dict().items())
