"""The run folder is all that viewing knows, and may be read at any moment."""

import json
import shutil
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import torch

from training.checkpoints import CheckpointError, save_checkpoint
from training.errors import WorkbenchError
from training.fit import fit
from training.metrics import METRICS, read_metrics
from training.models import create
from training.run_info import RunInfo
from training.run_settings import RunError
from training.runs import Run, list_runs

HEADER = ",".join(METRICS) + "\n"
ROW = "1,2.5,0.1,2.4,0.2,0.6,0.01,5.0,1000.0\n"


@pytest.fixture
def run(recipe) -> Run:
    return fit(recipe(epochs=1))


def edit(run: Run, **changes):
    settings = run.path / "run.json"
    settings.write_text(json.dumps({**json.loads(settings.read_text()), **changes}))


def test_a_network_comes_back_ready_to_be_looked_at(run):
    network = run.network(1)
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())
    assert torch.equal(network.state_dict()["conv1.weight"], run.weight(1, "conv1.weight"))


def test_a_network_opened_in_inference_mode_can_be_differentiated_through_later(run):
    with torch.inference_mode():
        network = run.network(1)
    images = torch.randn(1, 3, 32, 32, requires_grad=True)
    network(images).sum().backward()
    assert images.grad is not None
    assert images.grad.any()


def test_the_last_epoch_is_the_default(run):
    last, default = run.network(1), run.network()
    assert torch.equal(last.layers["fc8"].weight, default.layers["fc8"].weight)


def test_a_missing_epoch_says_which_there_are(run):
    with pytest.raises(CheckpointError, match=r"no epoch 7\. It has 0 to 1"):
        run.network(7)


@pytest.mark.parametrize("name", ["nothing", "empty"])
def test_a_folder_that_is_no_run_says_how_to_make_one(tmp_path, name):
    (tmp_path / "empty").mkdir()
    with pytest.raises(RunError, match="python -m training fit --run"):
        Run.open(tmp_path / name)


def test_a_run_of_a_newer_version_says_so_and_the_others_still_open(run):
    good = run.path.parent / "good"
    good.mkdir()
    (good / "run.json").write_text((run.path / "run.json").read_text())
    edit(run, format=99)
    runs, broken = list_runs(run.path.parent)
    assert [one.name for one in runs] == ["good"]
    assert [one.name for one in broken] == ["run"]
    assert "newer Filterscope" in broken[0].reason


def test_the_weights_of_another_network_are_refused_by_the_layers_name(run):
    edit(run, options={**run.config["options"], "widths": [6, 8, 8, 8, 7]})
    with pytest.raises(CheckpointError, match=r"conv5\.weight is \(6, 8, 3, 3\), expected \(7"):
        Run.open(run.path).network(1)


def test_a_run_from_before_there_were_mean_images_opens(run):
    stored = run.config["preprocess"]
    edit(run, preprocess={name: stored[name] for name in ("size", "resize", "mean", "std")})
    assert Run.open(run.path).preprocess == run.preprocess


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "cannot be read"), (b"torn", "cannot be read"), (np.zeros(3), "another run")],
)
def test_a_mean_image_that_is_gone_or_damaged_is_named(recipe, content, words):
    run = fit(recipe(epochs=1, mean="image"))
    file = run.path / "mean.npy"
    if content is None:
        file.unlink()
    elif isinstance(content, bytes):
        file.write_bytes(content)
    else:
        np.save(file, content)
    with pytest.raises(RunError, match=rf"mean\.npy.*{words}"):
        _ = run.preprocess


def test_another_class_count_is_refused_with_both(run):
    edit(run, classes=["red", "green"])
    with pytest.raises(CheckpointError, match=r"fc8\.weight is \(3, 12\), expected \(2, 12\)"):
        Run.open(run.path).network(1)


def test_another_architecture_names_the_layers_in_question(run):
    other = create("alexnet-small", 3, hidden=(16,), widths=(6, 8, 8, 8, 6), image_size=32)
    save_checkpoint(run.path, 1, other.state_dict())
    with pytest.raises(CheckpointError, match=r"lacks fc8\.weight"):
        run.network(1)


def test_a_damaged_epoch_leaves_its_neighbours_usable(run):
    (run.path / "checkpoints" / "epoch-0001.safetensors").write_bytes(b"half a fi")
    assert run.network(0) is not None
    with pytest.raises(CheckpointError, match="epoch-0001"):
        run.network(1)


def test_an_unfinished_checkpoint_is_not_an_epoch(run):
    (run.path / "checkpoints" / ".epoch-0002.safetensors.1a2b3c4d.partial").write_bytes(b"half")
    assert run.epochs == [0, 1]


def test_a_row_that_is_being_written_waits_until_it_is_whole(tmp_path):
    path = tmp_path / "metrics.csv"
    path.write_text(HEADER + ROW + "2,2.1,0.2,2.0,0.3")
    assert read_metrics(path).epoch.tolist() == [1]


def test_a_bad_line_in_the_middle_is_left_out(tmp_path):
    path = tmp_path / "metrics.csv"
    path.write_text(HEADER + "\x00\x00garbage\n" + ROW)
    assert read_metrics(path).val_top1.tolist() == [0.2]


def test_before_the_first_epoch_there_are_no_rows(tmp_path):
    assert list(read_metrics(tmp_path / "metrics.csv").columns) == list(METRICS)


def test_an_imported_run_without_data_says_how_to_give_it_some(run):
    edit(run, data=None)
    with pytest.raises(WorkbenchError, match="--data"):
        Run.open(run.path).data()


def test_data_with_other_classes_by_now_are_refused_with_both_counts(run, album):
    (album / "train" / "red").rename(album / "train" / "violet")
    shutil.rmtree(album / "val" / "red")
    shutil.copytree(album / "train" / "violet", album / "train" / "white")
    with pytest.raises(WorkbenchError, match=r"trained on 3 classes.*now has 4"):
        Run.open(run.path).data()


def test_a_run_tells_by_name_what_its_file_holds(run):
    stored = json.loads((run.path / "run.json").read_text())
    assert run.info.model == stored["model"] == "alexnet-small"
    assert run.info.classes == tuple(stored["classes"])
    assert run.info.training["epochs"] == stored["training"]["epochs"]
    assert run.info.versions["torch"] == stored["versions"]["torch"]
    assert run.info.adopted is None
    assert run.info.network_name == "alexnet-small"


def test_every_field_of_the_file_has_a_name_but_its_format(run):
    stored = json.loads((run.path / "run.json").read_text())
    assert set(stored) - {field.name for field in fields(RunInfo)} == {"format"}


def test_a_field_that_a_later_version_adds_does_not_hinder(run):
    edit(run, mood="good")
    assert Run.open(run.path).info == run.info


@pytest.mark.parametrize("name", ["model", "classes", "preprocess"])
def test_a_run_whose_file_lacks_what_every_run_has_is_named(run, name):
    stored = json.loads((run.path / "run.json").read_text())
    del stored[name]
    (run.path / "run.json").write_text(json.dumps(stored))
    with pytest.raises(RunError, match=rf"run\.json does not tell the run's {name}\. Copy it"):
        Run.open(run.path)


def test_an_adopted_network_is_called_what_its_author_calls_it(run):
    edit(run, adopted={"name": "MyNet", "mended": ["A layer was split."]})
    info = Run.open(run.path).info
    assert (info.network_name, info.adopted.rewrites) == ("MyNet", ("A layer was split.",))


def test_an_adopted_network_may_look_at_images_of_other_classes(run):
    settings = dict(run.config)
    del settings["training"]
    (run.path / "run.json").write_text(json.dumps({**settings, "classes": ["a", "b"]}))
    assert Run.open(run.path).data().classes == ("blue", "green", "red")


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("folder:/home/someone/photos", "photos"),
        ("cifar10:/data", "cifar10"),
        ("builtin", "builtin"),
        (None, "no data"),
    ],
)
def test_a_data_set_is_named_without_the_place_where_it_lies(data, name):
    config = {"model": "lenet5", "options": {}, "classes": ["a"], "preprocess": {}, "data": data}
    assert Run(Path("run"), config).data_name == name


def test_the_runs_of_a_comparison_are_listed_from_one_folder_deeper(run, tmp_path):
    root = tmp_path / "all"
    shutil.copytree(run.path, root / "plain")
    shutil.copytree(run.path, root / "pair" / "relu-seed0")
    shutil.copytree(run.path, root / "pair" / "trials" / "relu-1")  # of nobody's interest
    shutil.copytree(run.path, root / "no comparison" / "lost")
    (root / "pair" / "comparison.json").write_text("{}")
    runs, broken = list_runs(root)
    assert sorted(str(each.path.relative_to(root)) for each in runs) == ["pair/relu-seed0", "plain"]
    assert not broken
