"""Anybody's weights become a run, and nobody's code is run for it."""

import json
import pickle
import zipfile

import pytest
import torch
from safetensors.torch import save_file
from torchvision.models import alexnet

from training.__main__ import main
from training.adopt.weights.weight_files import read_state_dict
from training.errors import WorkbenchError
from training.importing import class_names, import_weights
from training.models import create
from training.runs import Run

SMALL = {"image_size": 32, "widths": (6, 8, 8, 8, 6), "hidden": (16, 12)}


@pytest.fixture
def network():
    torch.manual_seed(0)
    return create("alexnet-small", 4, **SMALL)


def adopt(file, tmp_path, **changes) -> Run:
    settings = {"model": "alexnet-small", "classes": "4", "choices": SMALL}
    return import_weights(str(file), run=tmp_path / "adopted", **(settings | changes))


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_a_state_dict_becomes_a_run_with_the_same_answers(network, tmp_path, suffix):
    file = tmp_path / f"weights{suffix}"
    save = save_file if suffix == ".safetensors" else torch.save
    save(network.state_dict(), file)
    run = adopt(file, tmp_path)
    images = torch.randn(2, 3, 32, 32)
    assert run.epochs == [1]
    assert torch.allclose(run.network(1)(images), network.eval()(images), atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_torchvisions_alexnet_is_adopted_under_the_papers_names(tmp_path, suffix):
    theirs = alexnet(weights=None).eval()
    file = tmp_path / f"alexnet{suffix}"
    save = save_file if suffix == ".safetensors" else torch.save
    save(theirs.state_dict(), file)
    command = ["import", str(file), "--model", "alexnet-onetower", "--classes", "imagenet"]
    assert main([*command, "--run", str(tmp_path / "imagenet")]) == 0
    run = Run.open(tmp_path / "imagenet")
    images = torch.randn(2, 3, 224, 224)
    assert torch.allclose(run.network(1)(images), theirs(images), atol=1e-5)
    assert run.classes[:2] == ("tench", "goldfish")


def test_wrapped_and_parallel_state_dicts_are_unwrapped(network, tmp_path):
    wrapped = {f"module.{name}": value for name, value in network.state_dict().items()}
    torch.save({"epoch": 3, "state_dict": wrapped}, tmp_path / "checkpoint.pth")
    assert adopt(tmp_path / "checkpoint.pth", tmp_path).epochs == [1]


class Bomb:
    def __reduce__(self):
        return (print, ("BOOM",))


def test_a_file_with_code_in_it_is_refused_and_the_code_not_run(tmp_path, capsys):
    torch.save({"conv1.weight": Bomb()}, tmp_path / "bomb.pth")
    with pytest.raises(WorkbenchError, match="refused") as refusal:
        read_state_dict(str(tmp_path / "bomb.pth"))
    assert "weights_only" not in str(refusal.value)  # nobody is told how to switch it off
    (tmp_path / "plain.pth").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(WorkbenchError, match="refused"):
        read_state_dict(str(tmp_path / "plain.pth"))
    assert "BOOM" not in capsys.readouterr().out


def test_an_archive_that_unpacks_to_much_more_is_refused(tmp_path):
    torch.save({"conv1.weight": torch.zeros(1_000_000)}, tmp_path / "plain.pth")
    with (
        zipfile.ZipFile(tmp_path / "plain.pth") as plain,
        zipfile.ZipFile(tmp_path / "bomb.pth", "w", zipfile.ZIP_DEFLATED) as bomb,
    ):
        for entry in plain.infolist():
            bomb.writestr(entry.filename, plain.read(entry))
    with pytest.raises(WorkbenchError, match="unpacks to 4,"):
        read_state_dict(str(tmp_path / "bomb.pth"))


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
@pytest.mark.parametrize(
    "content", [b"", b"hello", b"\xff\xd8\xff\xe0" * 50], ids=["0", "text", "jpeg"]
)
def test_what_holds_no_weights_is_refused_by_name(tmp_path, suffix, content):
    file = tmp_path / f"weights{suffix}"
    file.write_bytes(content)
    with pytest.raises(WorkbenchError, match=f"weights{suffix}"):
        adopt(file, tmp_path)
    assert not (tmp_path / "adopted").exists()


def test_a_truncated_file_is_refused(network, tmp_path):
    file = tmp_path / "weights.pth"
    torch.save(network.state_dict(), file)
    file.write_bytes(file.read_bytes()[:5000])
    with pytest.raises(WorkbenchError, match=r"weights\.pth"):
        adopt(file, tmp_path)


@pytest.mark.parametrize("names", [("torch.save", "w.safetensors"), ("safetensors", "w.pth")])
def test_a_file_is_opened_by_its_content_whatever_it_is_called(network, tmp_path, names):
    wrote, name = names
    (torch.save if wrote == "torch.save" else save_file)(network.state_dict(), tmp_path / name)
    images = torch.randn(2, 3, 32, 32)
    ours = adopt(tmp_path / name, tmp_path).network(1)
    assert torch.allclose(ours(images), network.eval()(images), atol=1e-6)


def test_a_wrong_class_count_says_both(network, tmp_path):
    torch.save(network.state_dict(), tmp_path / "weights.pth")
    with pytest.raises(WorkbenchError, match=r"fc8\.weight is \(4, 12\), expected \(7, 12\)"):
        adopt(tmp_path / "weights.pth", tmp_path, classes="7")
    assert not (tmp_path / "adopted").exists()


def test_a_wrong_architecture_names_a_layer(network, tmp_path):
    torch.save(network.state_dict(), tmp_path / "weights.pth")
    with pytest.raises(WorkbenchError, match="belongs to another network"):
        adopt(tmp_path / "weights.pth", tmp_path, choices={**SMALL, "hidden": (16,)})


def test_classes_that_nobody_names_are_counted_by_the_outputs(network, tmp_path, capsys):
    torch.save(network.state_dict(), tmp_path / "weights.pth")
    command = ["import", str(tmp_path / "weights.pth"), "--model", "alexnet-small"]
    command += [f"--options={json.dumps(SMALL)}", "--run", str(tmp_path / "run")]
    assert main(command) == 0
    assert Run.open(tmp_path / "run").classes == ("class 0", "class 1", "class 2", "class 3")
    assert "tells 4 classes apart, not named: --classes FILE" in capsys.readouterr().out


def test_a_network_of_a_thousand_outputs_is_taken_for_imagenets_and_it_is_told(tmp_path):
    torch.save(create("alexnet-small", 1000, **SMALL).state_dict(), tmp_path / "weights.pth")
    run = adopt(tmp_path / "weights.pth", tmp_path, classes=None)
    assert run.classes[:2] == ("tench", "goldfish")
    assert any("1,000 outputs are taken for ImageNet's" in told for told in run.info.told)


def test_one_output_that_nobody_names_tells_two_classes_apart(tmp_path):
    torch.save(create("alexnet-small", 1, **SMALL).state_dict(), tmp_path / "weights.pth")
    run = adopt(tmp_path / "weights.pth", tmp_path, classes=None)
    assert (run.classes, run.info.outputs) == (("class 0", "class 1"), "binary")


@pytest.mark.parametrize("classes", [None, "data"])
def test_a_network_on_data_of_another_number_of_classes_is_told_both(network, tmp_path, classes):
    torch.save(network.state_dict(), tmp_path / "weights.pth")
    both = r"4 classes apart.*builtin has 18|\(4, 12\), expected \(18, 12\)"
    with pytest.raises(WorkbenchError, match=both):
        adopt(tmp_path / "weights.pth", tmp_path, classes=classes, data="builtin")
    assert not (tmp_path / "adopted").exists()


def test_class_names_can_be_those_of_the_data_set():
    assert class_names("data", "builtin")[0] == "red-green pinstriped ring"
    with pytest.raises(WorkbenchError, match="--data, which is not given"):
        class_names("data")


def test_class_names_come_from_a_file_one_a_line(tmp_path):
    (tmp_path / "names.txt").write_text("cat\ndog\n\n")
    assert class_names(str(tmp_path / "names.txt")) == ["cat", "dog"]
    with pytest.raises(WorkbenchError, match="--classes"):
        class_names(str(tmp_path / "nothing.txt"))
