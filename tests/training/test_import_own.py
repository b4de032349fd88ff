"""A network of one's own becomes a run that holds no code."""

import json
import re
import shlex
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn

from training.__main__ import main
from training.adopt.user_code import build_network
from training.errors import WorkbenchError
from training.importing import import_network, import_weights
from training.runs import Run
from viz.__main__ import main as look

SOURCE = """
import torch.nn as nn
import torch.nn.functional as F
from parts import WIDTH

print("this file is run")


class MyNet(nn.Module):
    def __init__(self, num_classes, dropout=0.5):
        super().__init__()
        self.conv1 = nn.Conv2d(3, WIDTH, 3, padding=1)
        self.conv2 = nn.Conv2d(WIDTH, WIDTH, 3, padding=1)
        self.fc = nn.Linear(WIDTH * 16, num_classes)
        self.dropout = dropout

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x), inplace=True), 2)
        x = F.dropout(x.view(x.shape[0], -1), self.dropout, training=self.training)
        return self.fc(x)


class Crooked(nn.Module):
    def __init__(self):
        super().__init__()
        self.width = no_such_name
"""


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """my_networks.py, what it imports, and weights for it."""
    (tmp_path / "my_networks.py").write_text(SOURCE)
    (tmp_path / "parts.py").write_text("WIDTH = 6\n")
    torch.manual_seed(0)
    module = build_network(f"{tmp_path / 'my_networks.py'}:MyNet", 3, {})
    save_file(module.state_dict(), tmp_path / "weights.safetensors")
    return tmp_path


def command(folder: Path, *more: str, name: str = "MyNet") -> list[str]:
    model = f"{folder / 'my_networks.py'}:{name}"
    given = ["--model", model, "--classes", "3", "--image_size", "16", *more]
    return ["import", str(folder / "weights.safetensors"), "--run", str(folder / "mine"), *given]


def test_a_network_from_a_file_is_imported_opened_and_looked_at(mine, capsys):
    assert main(command(mine, "--mean", "[0.5, 0.5, 0.5]", "--std", "[0.2, 0.2, 0.2]")) == 0
    told = capsys.readouterr().out
    assert "MyNet with 3 classes" in told
    assert "- F.relu was called 2 times without a module: it is relu1 and relu2 now." in told
    (mine / "my_networks.py").unlink()  # the run stands on its own
    (mine / "parts.py").unlink()
    sys.modules.pop("parts", None)
    run = Run.open(mine / "mine")
    names = "conv1 relu1 pool1 conv2 relu2 pool2 drop1 fc"
    assert list(run.network().layers) == names.split()
    assert (run.preprocess.size, run.preprocess.resize) == (16, 16)
    assert run.preprocess.std == (0.2, 0.2, 0.2)
    picture = mine / "picture.png"
    pixels = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    Image.fromarray(pixels).save(picture)
    for view in (["feature-maps", "--layer", "relu2"], ["deconvnet", "--layer", "conv2"]):
        out = mine / f"{view[0]}.npz"
        name, *flags = view
        assert look([name, str(run.path), *flags, "--image", str(picture), "--out", str(out)]) == 0
        assert out.exists()


def test_classes_that_nobody_names_are_counted_by_the_weights(mine, capsys):
    words = command(mine)
    at = words.index("--classes")
    assert main([*words[:at], *words[at + 2 :]]) == 0
    assert "MyNet with 3 classes" in capsys.readouterr().out
    assert Run.open(mine / "mine").classes == ("class 0", "class 1", "class 2")


def test_a_run_holds_no_code(mine, capsys):
    assert main(command(mine)) == 0
    assert "this file is run" in capsys.readouterr().out
    Run.open(mine / "mine").network()
    assert "this file is run" not in capsys.readouterr().out
    stored = json.loads((mine / "mine" / "run.json").read_text())
    assert stored["model"] == "adopted"
    assert stored["adopted"]["name"] == "MyNet"
    assert stored["options"]["graph"][0] == {
        "name": "conv1",
        "layer": "Conv2d",
        "options": {"in_channels": 3, "out_channels": 6, "kernel_size": 3, "padding": 1},
        "inputs": ["image"],
    }


def test_an_adopted_run_has_no_training_to_go_on_with(mine, capsys):
    assert main(command(mine)) == 0
    info = Run.open(mine / "mine").info
    assert (info.network_name, info.imported, info.training) == (
        "MyNet",
        "weights.safetensors",
        None,
    )
    assert main(["fit", "--run", str(mine / "mine"), "--resume"]) == 2
    assert "there is no training to go on with" in capsys.readouterr().err


def test_a_run_whose_graph_was_tampered_with_is_refused(mine):
    assert main(command(mine)) == 0
    settings = mine / "mine" / "run.json"
    stored = json.loads(settings.read_text())
    stored["options"]["graph"][1]["layer"] = "os.system"
    settings.write_text(json.dumps(stored))
    with pytest.raises(WorkbenchError, match=r"unknown kind of layer 'os.system'"):
        Run.open(mine / "mine").network()
    stored["options"]["graph"][1]["layer"] = "ReLU"
    stored["options"]["graph"][0]["options"]["out_channels"] = 7
    settings.write_text(json.dumps(stored))
    with pytest.raises(WorkbenchError, match="conv2 does not fit"):
        Run.open(mine / "mine").network()


def test_a_live_module_is_adopted_from_a_notebook(tmp_path):
    module = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(784, 2)
    )
    run = import_network(module, run=tmp_path / "mine", classes=["cat", "dog"], image_size=16)
    images = torch.randn(2, 3, 16, 16)
    with torch.no_grad():
        torch.testing.assert_close(run.network()(images), module(images))
    assert run.classes == ("cat", "dog")
    with pytest.raises(WorkbenchError, match="already holds a run"):
        import_network(module, run=tmp_path / "mine", classes="2", image_size=16)
    with pytest.raises(WorkbenchError, match="tells 2 classes apart, but 3 are named"):
        import_network(module, run=tmp_path / "other", classes="3", image_size=16)
    assert not (tmp_path / "other").exists()


def test_weights_that_are_no_numbers_are_told_at_import(tmp_path, capsys):
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 2))
    nn.init.constant_(module[0].bias, torch.nan)
    run = import_network(module, run=tmp_path / "run", classes=["a", "b"], image_size=8)
    assert "Not all numbers in conv1.bias are finite." in run.info.told
    assert "conv1.bias" in capsys.readouterr().err


def test_any_classifier_of_torchvisions_is_adopted(tmp_path):
    theirs = build_network("torchvision:squeezenet1_1", 4, {}).eval()
    save_file(theirs.state_dict(), tmp_path / "weights.safetensors")
    run = import_weights(
        str(tmp_path / "weights.safetensors"),
        run=tmp_path / "run",
        model="torchvision:squeezenet1_1",
        classes="4",
        image_size=64,
    )
    images = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(run.network()(images), theirs(images))


@pytest.mark.parametrize(
    ("changes", "lesson"),
    [
        ({"name": "YourNet"}, "no network 'YourNet'. It has: MyNet, Crooked"),
        ({"name": "Crooked"}, r"NameError: name 'no_such_name'.*my_networks.py, line 27"),
        ({"more": ["--options", '{"depth": 3}']}, "unexpected keyword argument 'depth'"),
        ({"more": ["--classes", "5"]}, r"fc.weight is \(3, 96\), expected \(5, 96\)"),
        ({"more": ["--image_size", "20"]}, "MyNet fails on images"),
        ({"more": ["--std", "[1, 0, 1]"]}, "--std is a number from 0.0001"),
        ({"more": ["--model", "MyNet"]}, "Unknown model 'MyNet'.*FILE.py:NAME"),
        ({"more": ["--model", "nowhere.py:MyNet"]}, "nowhere.py is no file"),
        ({"more": ["--model", "torchvision:mynet"]}, "no classifier 'mynet'"),
    ],
)
def test_what_goes_wrong_at_import_is_told_in_a_sentence(mine, capsys, changes, lesson):
    more = changes.pop("more", [])
    assert main(command(mine, *more, **changes)) == 2
    told = capsys.readouterr().err
    assert re.search(lesson, told), told
    assert "Traceback" not in told
    assert not (mine / "mine").exists()


def test_the_size_of_the_input_has_to_be_given(mine):
    with pytest.raises(WorkbenchError, match="--image_size is missing"):
        import_weights(
            str(mine / "weights.safetensors"),
            run=mine / "mine",
            model=f"{mine / 'my_networks.py'}:MyNet",
            classes="3",
        )


def test_the_help_says_that_the_file_is_run(capsys):
    with pytest.raises(SystemExit):
        main(["import", "--help"])
    assert "the code in that file is run" in " ".join(capsys.readouterr().out.split())


def test_the_lines_in_the_documentation_run(mine, monkeypatch, capsys):
    text = (Path(__file__).parents[2] / "docs" / "training.md").read_text(encoding="utf-8")
    section = text.split("## Your own network")[1].split("\n## ")[0]
    shell, python = re.findall(r"```(?:bash|python)\n(.*?)```", section, re.DOTALL)
    monkeypatch.chdir(mine)
    (mine / "names.txt").write_text("cat\ndog\n")
    source = SOURCE.replace("WIDTH * 16", "WIDTH * 256")
    (mine / "my_networks.py").write_text(source)
    module = build_network("my_networks.py:MyNet", 2, {})
    save_file(module.state_dict(), mine / "weights.safetensors")
    for line in shell.replace("\\\n", "").strip().splitlines():
        _python, _m, package, *arguments = shlex.split(line)
        assert {"training": main, "viz": look}[package](arguments) == 0
    assert "equal the explicit computation" in capsys.readouterr().out
    exec(python, {"module": module})
    assert Run.open("runs/live").classes == Run.open("runs/mine").classes == ("cat", "dog")
