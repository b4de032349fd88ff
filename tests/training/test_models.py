import pytest
import torch
import torchvision
from torch import nn

from training.errors import WorkbenchError
from training.models import MODELS, create, freeze, options
from training.models.alexnet import AlexNet
from training.models.network import run_layer


def parameters(network):
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("alexnet", 60_965_224),  # Krizhevsky et al. 2012
        ("alexnet-onetower", 61_100_840),  # torchvision's
        ("zfnet", 62_357_608),
        ("zfnet-wide", 107_627_624),
    ],
)
def test_networks_have_as_many_parameters_as_the_papers_say(name, count):
    with torch.device("meta"):
        assert parameters(create(name)) == count


def test_the_network_of_krizhevskys_first_figure_has_the_count_worked_out_by_hand():
    layers = [32 * 76, 32 * (25 * 32 + 1), 64 * (25 * 32 + 1), 10 * (64 * 4 * 4 + 1)]
    assert parameters(create("cifar4", num_classes=10)) == sum(layers) == 89_578


def test_layers_are_called_as_in_the_paper():
    with torch.device("meta"):
        layers = list(create("alexnet").layers)
    assert " ".join(layers) == (
        "conv1 relu1 norm1 pool1 conv2 relu2 norm2 pool2 conv3 relu3 conv4 relu4 "
        "conv5 relu5 pool5 fc6 relu6 drop6 fc7 relu7 drop7 fc8"
    )


def test_zeiler_and_fergus_normalise_after_pooling():
    with torch.device("meta"):
        layers = list(create("zfnet").layers)
    assert layers[:4] == ["conv1", "relu1", "pool1", "norm1"]


def test_one_tower_is_torchvisions_alexnet():
    theirs = torchvision.models.alexnet().eval()
    ours = freeze(create("alexnet-onetower"))
    numbers = {f"features.{n}": f"conv{i}" for i, n in enumerate((0, 3, 6, 8, 10), start=1)}
    numbers |= {f"classifier.{n}": f"fc{i}" for i, n in enumerate((1, 4, 6), start=6)}
    renamed = {}
    for key, value in theirs.state_dict().items():
        layer, _, kind = key.rpartition(".")
        renamed[f"{numbers[layer]}.{kind}"] = value
    ours.load_state_dict(renamed)
    images = torch.randn(2, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.allclose(ours(images), theirs(images), atol=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_every_network_gives_a_logit_a_class(name):
    narrow = {"hidden": (16, 16)} if isinstance(MODELS[name], AlexNet) else {}
    network = freeze(create(name, num_classes=7, **narrow))
    images = torch.zeros(2, 3, network.image_size, network.image_size)
    assert network(images).shape == (2, 7)
    assert network.num_classes == 7


@pytest.mark.parametrize("image_size", [32, 48, 64, 96])
def test_the_small_network_takes_images_of_32_to_96_px(image_size):
    network = freeze(create("alexnet-small", num_classes=3, image_size=image_size))
    assert network(torch.zeros(1, 3, image_size, image_size)).shape == (1, 3)


def test_the_papers_start_weights_small_and_some_biases_at_one():
    torch.manual_seed(0)
    network = create("alexnet", num_classes=10, hidden=(64, 64))
    ones = [name for name, value in network.named_parameters() if (value == 1).all()]
    assert ones == ["conv2.bias", "conv4.bias", "conv5.bias", "fc6.bias", "fc7.bias"]
    for name, value in network.named_parameters():
        if name.endswith("weight"):
            assert value.std().item() == pytest.approx(0.01, rel=0.1), name


def test_the_same_seed_gives_the_same_weights(make_tiny):
    first, same, other = make_tiny(seed=3), make_tiny(seed=3), make_tiny(seed=4)
    assert torch.equal(first.conv1.weight, same.conv1.weight)
    assert not torch.equal(first.conv1.weight, other.conv1.weight)


def test_options_are_what_builds_the_network_again():
    chosen = options("alexnet-small", widths=[6, 8, 8, 8, 6], hidden=[16], dropout=0.0)
    torch.manual_seed(0)
    first = create("alexnet-small", 4, widths=(6, 8, 8, 8, 6), hidden=(16,), dropout=0.0)
    torch.manual_seed(0)
    again = create("alexnet-small", 4, **chosen)
    assert [str(layer) for layer in first.layers.values()] == [
        str(layer) for layer in again.layers.values()
    ]
    assert all(map(torch.equal, first.parameters(), again.parameters()))


def test_without_dropout_there_is_no_dropout_layer():
    layers = create("alexnet-small", 4, dropout=0.0).layers.values()
    assert not any(isinstance(layer, nn.Dropout) for layer in layers)


def test_activations_are_the_outputs_on_the_way(tiny, noise):
    outputs = tiny.activations(noise, ["conv2", "fc6", "fc8"])
    signal = noise
    for name, layer in tiny.layers.items():
        signal = run_layer(layer, signal)
        if name in outputs:
            assert torch.equal(outputs[name], signal)
    assert set(outputs) == {"conv2", "fc6", "fc8"}
    assert torch.equal(outputs["fc8"], tiny(noise))


def test_a_relu_leaves_the_convolution_it_follows_untouched(tiny, noise):
    outputs = tiny.activations(noise, ["conv1", "relu1"])
    assert (outputs["conv1"] < 0).any()
    assert torch.equal(outputs["conv1"].clamp(min=0), outputs["relu1"])


def test_nothing_beyond_the_deepest_layer_asked_for_is_computed(tiny, noise):
    tiny.add_module("conv3", None)  # would fail if it ran
    assert set(tiny.activations(noise, ["pool1"])) == {"pool1"}


def test_the_layout_in_memory_does_not_change_the_answer(tiny, noise):
    channels_last = noise.to(memory_format=torch.channels_last)
    assert torch.allclose(tiny(noise), tiny(channels_last), atol=1e-6)


@pytest.mark.parametrize(
    ("name", "choices", "lesson"),
    [
        ("alexnot", {}, "Unknown model 'alexnot'.*alexnet, alexnet-onetower, alexnet-small, zfnet"),
        ("alexnet", {"depth": 9}, "no option 'depth'.*widths, kernels"),
        (
            "alexnet",
            {"activation": "swish"},
            "activation must be one of relu, tanh, sigmoid, got 'swish'",
        ),
        ("alexnet", {"pooling": "min"}, "pooling must be one of max, average.*got 'min'"),
        ("alexnet", {"widths": (8, 8)}, "names 2 convolutions"),
        ("alexnet", {"groups": (1, 7, 1, 1, 1)}, "conv2 takes 96.*groups of 7"),
        ("alexnet", {"image_size": 32}, "32 px is too small"),
    ],
)
def test_wrong_names_and_options_teach_the_right_ones(name, choices, lesson):
    with pytest.raises(WorkbenchError, match=lesson):
        create(name, num_classes=2, **choices)


def test_an_unknown_layer_teaches_the_known_ones(tiny, noise):
    with pytest.raises(WorkbenchError, match=r"No layer 'pool9'.*conv1, relu1"):
        tiny.activations(noise, ["pool9"])
