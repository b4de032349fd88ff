"""Weights of other people's trainers, imported: the logits are those of their own network."""

import argparse
import re
import sys
import types

import pytest
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel
from torchvision.models import get_model

from training.__main__ import main
from training.adopt.user_code import build_network
from training.errors import WorkbenchError
from training.importing import import_weights
from training.runs import Run

pytestmark = pytest.mark.thorough

SOURCE = """
from torch import nn


class Net(nn.Module):
    def __init__(self, num_classes=3):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3)
        self.bn1 = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 8, 3)
        self.conv3 = nn.Conv2d(8, 8, 3)
        self.fc = nn.Linear(8, num_classes)

    def forward(self, x):
        x = self.conv2(self.bn1(self.conv1(x)).relu()).relu()
        return self.fc(self.conv3(x).relu().mean((2, 3)))
"""


LAZY_GREY = """
from torch import nn


def grey(num_classes=3):
    maps = nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()
    return nn.Sequential(*maps, nn.LazyLinear(num_classes))
"""
LAZY = """
from torch import nn


class Lazy(nn.Sequential):
    def __init__(self, num_classes=3):
        super().__init__(nn.LazyConv2d(4, 3), nn.ReLU(), nn.Flatten(), nn.LazyLinear(num_classes))
"""


def lived(network: nn.Module) -> nn.Module:
    """As after training: no two layers alike."""
    generator = torch.Generator().manual_seed(0)
    for name, tensor in network.state_dict().items():
        if tensor.is_floating_point():
            spread = torch.rand(tensor.shape, generator=generator)
            tensor.copy_(spread + 0.5 if "bn" in name or "var" in name else spread - 0.5)
    return network.eval()


@pytest.fixture(scope="module")
def student() -> type[nn.Module]:
    """The author's class, in a module that the importing side has not."""
    module = types.ModuleType("students_own")
    exec(SOURCE, module.__dict__)
    module.Net.__module__ = "students_own"
    sys.modules["students_own"] = module
    return module.Net


@pytest.fixture
def network(student):
    return lived(student())


def pictures() -> Tensor:
    return torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(1))


@torch.no_grad()
def assert_equal(run: Run, network: nn.Module) -> None:
    torch.testing.assert_close(run.network()(pictures()), network(pictures()))


def imported(tmp_path, content, **more) -> Run:
    torch.save(content, tmp_path / "w.pth")
    (tmp_path / "net.py").write_text(SOURCE)
    settings = {"model": f"{tmp_path / 'net.py'}:Net", "classes": "3", "image_size": 16}
    return import_weights(str(tmp_path / "w.pth"), run=tmp_path / "run", **(settings | more))


def adam(network):
    optimizer = torch.optim.Adam(network.parameters())
    network(pictures()).sum().backward()
    optimizer.step()
    return optimizer.state_dict()


def behind(prefix, weights):
    return {f"{prefix}{name}": value for name, value in weights.items()}


TRAINERS = {
    "PyTorch's tutorial": lambda net: {
        "epoch": 3,
        "optimizer_state_dict": adam(net),
        "model_state_dict": net.state_dict(),
        "loss": torch.tensor(0.3),
    },
    "torchvision's references": lambda net: {
        "model": net.state_dict(),
        "optimizer": adam(net),
        "args": argparse.Namespace(lr=0.1),
    },
    "Lightning": lambda net: {
        "state_dict": behind("model.", net.state_dict()) | {"criterion.weight": torch.ones(3)},
        "pytorch-lightning_version": "2.2.0",
        "hyper_parameters": argparse.Namespace(lr=0.1),
    },
    "averaging": lambda net: AveragedModel(net).state_dict(),
    "MMCV": lambda net: {
        "meta": {"epoch": 3},
        "state_dict": {
            ("head." if name.startswith("fc") else "backbone.") + name: value
            for name, value in net.state_dict().items()
        },
    },
    "fastai": lambda net: {"model": net.state_dict(), "opt": {"state": [{"mom": torch.ones(2)}]}},
    "arrays": lambda net: {"params": {k: v.numpy() for k, v in net.state_dict().items()}},
    "the network itself": lambda net: net,
    "the network among others": lambda net: {
        "epoch": 1,
        "model": nn.DataParallel(net),
        "ema": None,
    },
}


@pytest.mark.parametrize("trainer", TRAINERS.values(), ids=TRAINERS.keys())
def test_the_logits_are_those_of_the_authors_network(network, tmp_path, trainer):
    content = trainer(network)
    assert_equal(imported(tmp_path, content), network)


@pytest.mark.parametrize(("name", "prefix"), [("resnet18", "_orig_mod."), ("googlenet", "m.net.")])
def test_torchvisions_names_are_known_behind_a_prefix(tmp_path, name, prefix):
    more = {"aux_logits": False, "init_weights": False} if name == "googlenet" else {}
    theirs = lived(get_model(name, num_classes=10, **more))
    weights = behind(prefix, theirs.state_dict())
    run = imported(tmp_path, weights, model=name, classes="10", image_size=32)
    ours = run.network()(torch.ones(1, 3, 32, 32))
    with torch.no_grad():
        expected = theirs(torch.ones(1, 3, 32, 32))
    torch.testing.assert_close(ours, expected, rtol=1e-4, atol=1e-4)


def test_lazy_layers_learn_their_shapes_first(tmp_path):
    (tmp_path / "lazy.py").write_text(LAZY)
    (tmp_path / "w.py").write_text(LAZY)
    theirs = build_network(f"{tmp_path / 'lazy.py'}:Lazy", 3, {})
    theirs(pictures())
    run = imported(tmp_path, lived(theirs).state_dict(), model=f"{tmp_path / 'w.py'}:Lazy")
    assert_equal(run, theirs)


def test_lazy_layers_behind_a_grey_convolution_learn_theirs_from_a_grey_picture(tmp_path):
    (tmp_path / "grey.py").write_text(LAZY_GREY)
    theirs = build_network(f"{tmp_path / 'grey.py'}:grey", 3, {})
    theirs(pictures()[:, :1])
    run = imported(tmp_path, lived(theirs).state_dict(), model=f"{tmp_path / 'grey.py'}:grey")
    with torch.no_grad():
        expected = theirs(pictures()[:, :1])
    torch.testing.assert_close(run.network()(pictures()[:, :1]), expected)


def test_numbers_that_are_none_are_told(network, tmp_path):
    run = imported(tmp_path, dict(network.state_dict()) | {"fc.bias": torch.full((3,), torch.nan)})
    assert "Not all numbers in fc.bias are finite." in run.info.told


def test_layers_of_one_shape_are_never_exchanged(network, tmp_path):
    weights = {
        name.replace("conv2", "late").replace("conv3", "early"): value
        for name, value in network.state_dict().items()
    }
    with pytest.raises(WorkbenchError, match="conv2 ← late, conv3 ← early"):
        imported(tmp_path, weights)
    assert not (tmp_path / "run").exists()
    run = imported(tmp_path, weights, rename={"late": "conv2", "early": "conv3"})
    assert_equal(run, network)


def test_what_was_taken_is_told_and_kept_with_the_run(network, tmp_path, capsys):
    other = lived(type(network)())
    other.fc.bias.data.add_(1)
    torch.save({"model": network.state_dict(), "ema": other.state_dict()}, tmp_path / "w.pth")
    (tmp_path / "net.py").write_text(SOURCE)
    command = ["import", str(tmp_path / "w.pth"), "--model", f"{tmp_path / 'net.py'}:Net"]
    command += ["--classes", "3", "--image_size", "16"]
    assert main([*command, "--run", str(tmp_path / "plain")]) == 0
    assert "- Its weights were taken from model; --key ema takes" in capsys.readouterr().out
    assert_equal(Run.open(tmp_path / "plain"), network)
    assert "--key ema" in Run.open(tmp_path / "plain").info.told[0]
    assert main([*command, "--key", "ema", "--run", str(tmp_path / "ema")]) == 0
    assert_equal(Run.open(tmp_path / "ema"), other)


def test_layers_are_renamed_on_the_command_line(network, tmp_path, capsys):
    weights = {re.sub(r"conv(\d)", r"c\1", k): v for k, v in network.state_dict().items()}
    torch.save(weights, tmp_path / "w.pth")
    (tmp_path / "net.py").write_text(SOURCE)
    command = ["import", str(tmp_path / "w.pth"), "--model", f"{tmp_path / 'net.py'}:Net"]
    command += ["--classes", "3", "--image_size", "16", "--run", str(tmp_path / "run")]
    assert main(command) == 2
    told = capsys.readouterr().err
    suggested = re.search(r"--rename '(.*)'", told)[1]
    assert main([*command, "--rename", suggested]) == 0
    assert_equal(Run.open(tmp_path / "run"), network)
    assert main([*command[:-1], str(tmp_path / "order"), "--rename", "order"]) == 0
    assert_equal(Run.open(tmp_path / "order"), network)


def test_a_layer_is_left_out_on_the_command_line(network, tmp_path):
    torch.save([dict(network.state_dict()) | {"aux.w": torch.ones(2)}, 3], tmp_path / "w.pth")
    (tmp_path / "net.py").write_text(SOURCE)
    command = ["import", str(tmp_path / "w.pth"), "--model", f"{tmp_path / 'net.py'}:Net"]
    command += ["--classes", "3", "--image_size", "16", "--run", str(tmp_path / "run")]
    assert main([*command, "--rename", '{"aux": null}', "--key", "0"]) == 0
    assert_equal(Run.open(tmp_path / "run"), network)


def test_both_numbers_of_classes_are_named(network, tmp_path):
    with pytest.raises(WorkbenchError, match=r"tells 3 classes apart, but 5 are named"):
        imported(tmp_path, network.state_dict(), classes="5")
