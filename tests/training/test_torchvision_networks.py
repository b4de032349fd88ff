"""torchvision's networks, taken apart, give what torchvision gives."""

from collections import Counter

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models import get_model

from training.__main__ import main
from training.adopt.tracing import trace
from training.errors import WorkbenchError
from training.geometry import ReceptiveField
from training.importing import import_weights
from training.models import Network, architecture, create, options
from training.models.merge import Add, Concat
from training.models.torchvision_networks import Torchvision
from training.runs import Run


def theirs_and_ours(name: str) -> tuple[nn.Module, Network]:
    """Both begin with the same chance, and so with the same weights."""
    choices = {"aux_logits": True, "init_weights": True} if name == "googlenet" else {}
    torch.manual_seed(0)
    theirs = get_model(name, num_classes=10, **choices)
    torch.manual_seed(0)
    return theirs, create(name, 10, image_size=64)


def images(count: int = 2) -> Tensor:
    return torch.randn(count, 3, 64, 64, generator=torch.Generator().manual_seed(1))


LARGE = pytest.param("vgg16", marks=pytest.mark.slow)  # VGG-19 is the same code


@pytest.fixture(scope="module", params=["googlenet", "resnet18", "resnet34", "resnet50", LARGE])
def both(request):
    return request.param, *theirs_and_ours(request.param)


def test_the_answer_is_torchvisions_bit_for_bit(both):
    _name, theirs, ours = both
    with torch.inference_mode():
        assert torch.equal(ours.eval()(images()), theirs.eval()(images()))


def test_training_too_is_torchvisions_bit_for_bit(both):
    name, theirs, ours = both
    with torch.no_grad():
        torch.manual_seed(2)
        expected = theirs.train()(images())
        torch.manual_seed(2)
        heads = [ours.head, *sorted(ours.auxiliary, reverse=True)]  # theirs: main, second, first
        found = ours.train().activations(images(), heads)
    expected = expected if name == "googlenet" else [expected]
    for head, logits in zip(heads, expected, strict=True):
        assert torch.equal(found[head], logits)
    paths = architecture(name).layer_paths()
    for buffer, value in ours.named_buffers():  # running means and variances
        layer, _dot, kind = buffer.partition(".")
        assert torch.equal(value, theirs.get_buffer(f"{paths[layer]}.{kind}"))


def test_saved_by_torchvision_and_imported_it_answers_the_same(both, tmp_path):
    name, theirs, _ours = both
    suffix = ".pth" if name.startswith("resnet") else ".safetensors"
    weights, file = theirs.state_dict(), tmp_path / f"weights{suffix}"
    (torch.save if suffix == ".pth" else save_file)(weights, file)
    command = ["import", str(file), "--model", name, "--classes", "10"]
    command += ["--options", '{"image_size": 64}', "--run", str(tmp_path / "run")]
    assert main(command) == 0
    network = Run.open(tmp_path / "run").network(1).to(memory_format=torch.contiguous_format)
    with torch.inference_mode():
        assert torch.equal(network(images()), theirs.eval()(images()))
    assert len(network.state_dict()) == len(weights)


def test_weights_without_auxiliary_classifiers_are_what_torchvision_gives_away(tmp_path):
    theirs = get_model("googlenet", num_classes=10, aux_logits=False, init_weights=True).eval()
    torch.save(theirs.state_dict(), tmp_path / "googlenet-1378be20.pth")
    run = import_weights(
        str(tmp_path / "googlenet-1378be20.pth"),
        run=tmp_path / "run",
        model="googlenet",
        classes="10",
        choices={"image_size": 64},
    )
    network = run.network(1).to(memory_format=torch.contiguous_format)
    with torch.inference_mode():
        assert torch.equal(network(images()), theirs(images()))
    assert not network.auxiliary
    # published weights want pixels from -1 to 1, which torchvision's own network sees to itself
    assert run.preprocess.mean == run.preprocess.std == (0.5, 0.5, 0.5)


def test_files_older_than_the_count_of_batches_are_read(tmp_path):
    theirs = get_model("resnet18", num_classes=10).eval()
    old = {k: v for k, v in theirs.state_dict().items() if not k.endswith("tracked")}
    torch.save(old, tmp_path / "old.pth")
    choices = {"image_size": 64}
    run = import_weights(
        str(tmp_path / "old.pth"),
        run=tmp_path / "run",
        model="resnet18",
        classes="10",
        choices=choices,
    )
    network = run.network(1).to(memory_format=torch.contiguous_format)
    with torch.inference_mode():
        assert torch.equal(network(images()), theirs(images()))


def test_weights_of_another_depth_are_refused(tmp_path):
    torch.save(get_model("resnet34", num_classes=10).state_dict(), tmp_path / "34.pth")
    with pytest.raises(WorkbenchError, match=r"belongs to another network.*layer1\.2"):
        import_weights(
            str(tmp_path / "34.pth"), run=tmp_path / "run", model="resnet18", classes="10"
        )
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("name", "first", "some", "convolutions"),
    [
        ("vgg16", "conv1_1 relu1_1 conv1_2 relu1_2 pool1 conv2_1", "conv5_3 pool5 fc6 drop7", 13),
        ("vgg19", "conv1_1 relu1_1 conv1_2 relu1_2 pool1 conv2_1", "conv5_4 relu6 fc8", 16),
        (
            "resnet18",
            "conv1 bn1 relu1 pool1 conv2_1a bn2_1a relu2_1a conv2_1b bn2_1b add2_1 relu2_1",
            "short3_1 shortbn3_1 conv5_2b pool5",
            20,
        ),
        ("resnet34", "conv1 bn1 relu1 pool1 conv2_1a", "conv4_6b relu5_3", 36),
        ("resnet50", "conv1 bn1 relu1 pool1 conv2_1a", "conv2_1c relu2_1b add5_3", 53),
        (
            "googlenet",
            "conv1 conv1_bn conv1_relu pool1 conv2_reduce",
            "inception3a_1x1 inception3a_5x5_reduce inception4e_pool_proj inception5b aux4a_conv "
            "aux4d_fc2 pool5",
            59,  # two of them on the side
        ),
    ],
)
def test_layers_bear_the_papers_names(name, first, some, convolutions):
    with torch.device("meta"):
        network = create(name)
    names = list(network.layers)
    assert names[: len(first.split())] == first.split()
    assert set(some.split()) < set(names)
    assert len(network.convolutions) == convolutions
    assert network.head == names[-1] == ("fc8" if name.startswith("vgg") else "fc")


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("vgg16", 138_357_544),
        ("vgg19", 143_667_240),
        ("resnet18", 11_689_512),
        ("resnet34", 21_797_672),
        ("resnet50", 25_557_032),
        ("googlenet", 6_624_904),
    ],
)
def test_parameters_are_those_that_torchvision_publishes(name, parameters):
    with torch.device("meta"):
        network = create(name, auxiliary=0)
    assert sum(parameter.numel() for parameter in network.parameters()) == parameters


def test_auxiliary_classifiers_count_three_tenths_in_training():
    with torch.device("meta"):
        network = create("googlenet")
    assert network.auxiliary == {"aux4a_fc2": 0.3, "aux4d_fc2": 0.3}
    assert "aux4a_fc2" not in {stage.name for stage in network.plan([network.head])}


def test_a_short_cut_joins_the_way_round():
    with torch.device("meta"):
        network = create("resnet18")
    assert network.inputs["add2_1"] == ("bn2_1b", "pool1")
    assert network.inputs["add3_1"] == ("bn3_1b", "shortbn3_1")
    kinds = Counter(type(layer) for layer in network.layers.values())
    assert kinds[Add] == 8
    # He et al., table 1: conv1 sees 7 px, conv2_1b two 3×3 more behind a pooling of 3/2
    assert network.geometry["conv1"] == ReceptiveField(7, 2, -3)
    assert network.geometry["conv2_1b"] == ReceptiveField(7 + 4 + 2 * 8, 4, -3 - 2 - 8)


def test_an_inception_module_stacks_its_four_branches():
    with torch.device("meta"):
        network = create("googlenet")
    assert isinstance(network.layers["inception3a"], Concat)
    branches = ("1x1", "3x3", "5x5", "pool_proj")
    assert network.inputs["inception3a"] == tuple(f"inception3a_{each}_relu" for each in branches)


def test_nothing_is_overwritten_in_place():
    network = create("googlenet", 10, image_size=64).eval()
    with torch.inference_mode():
        found = network.activations(images(), network.layers)
    for name, maps in found.items():
        if name.endswith("_relu"):
            before = found[network.inputs[name][0]]
            assert torch.equal(before.relu(), maps)
            assert (before < 0).any()


def test_any_other_classifier_opens_under_torchvisions_names():
    torch.manual_seed(0)
    alexnet = Torchvision("alexnet").build(10).eval()
    onetower = create("alexnet-onetower", 10).eval()
    onetower.load_state_dict(
        dict(zip(onetower.state_dict(), alexnet.state_dict().values(), strict=True))
    )
    pictures = torch.randn(1, 3, 224, 224)
    with torch.inference_mode():
        torch.testing.assert_close(alexnet(pictures), onetower(pictures))
    assert list(alexnet.layers)[:3] == ["features_0", "features_1", "features_2"]


def test_what_torchvision_has_not_is_refused():
    with pytest.raises(WorkbenchError, match="no classifier 'resnet19'"):
        Torchvision("resnet19").build(10)


@pytest.mark.parametrize("name", ["regnet_y_400mf", "efficientnet_b0", "vit_b_16"])
def test_what_cannot_be_taken_apart_is_refused_in_words(name):
    with torch.device("meta"), pytest.raises(WorkbenchError, match=r"\.$"):
        Torchvision(name).build(10)


@pytest.mark.parametrize(
    ("name", "side", "words"),
    [
        ("inception_v3", 224, r"224 px is too small for inception_v3. Take at least 299 px"),
        ("alexnet", 32, r"32 px is too small for alexnet. Take at least 63 px"),
        ("vit_b_16", 64, r"Wrong image height! Expected 224 but got 64"),
    ],
)
def test_a_wrong_size_is_named_as_the_cause(name, side, words):
    with torch.device("meta"), pytest.raises(WorkbenchError, match=words):
        Torchvision(name, image_size=side).build(10)


@pytest.mark.parametrize("name", ["squeezenet1_1", "regnet_x_400mf", "mobilenet_v2"])
def test_others_answer_as_torchvision_does(name):
    torch.manual_seed(0)
    theirs = get_model(name, num_classes=10).eval()
    ours = Torchvision(name, image_size=64).build(10).eval()
    paths = Torchvision(name, image_size=64).layer_paths()
    for layer, path in paths.items():
        ours.layers[layer].load_state_dict(theirs.get_submodule(path).state_dict())
    pictures = torch.randn(2, 3, 64, 64)
    with torch.inference_mode():
        torch.testing.assert_close(ours(pictures), theirs(pictures))
    assert ours.num_classes == 10


class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, maps):
        return self.relu(self.conv(self.relu(self.conv(maps))))


def test_a_layer_that_is_used_twice_is_two_operations():
    with torch.device("meta"):
        network = Twice()
    assert [call.path for call in trace(network, 8).calls] == ["conv", "relu", "conv", "relu"]


class Odd(nn.Module):
    def forward(self, maps):
        return functional.relu(maps**2)


def test_an_operation_without_a_layer_is_named():
    with pytest.raises(WorkbenchError, match=r"Odd does something.*pow.*`.*maps\*\*2"):
        trace(Odd(), 8)


def test_options_are_saved_with_the_run():
    assert options("googlenet", image_size=64) == {
        "builder": "googlenet",
        "image_size": 64,
        "auxiliary": 0.3,
    }
    assert architecture("resnet18").layer_paths()["conv3_1a"] == "layer2.0.conv1"
