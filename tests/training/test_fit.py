"""A run is trained, stopped, resumed; a dead one says so."""

import json
import math
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import torch

from tests.conftest import PATIENCE_S
from training.__main__ import main
from training.checkpoints import load_checkpoint
from training.errors import WorkbenchError
from training.fit import fit
from training.metrics import METRICS
from training.models import create
from training.runs import Run


def all_weights(run):
    return [load_checkpoint(path) for path in sorted((run.path / "checkpoints").iterdir())]


def same(ours, theirs):
    return all(torch.equal(ours[name], theirs[name]) for name in ours | theirs)


def stop_at_step(number):
    """A `pause` that stops after so many batches; an epoch of the album has three."""
    steps = iter(range(100))

    def pause() -> None:
        if next(steps) == number:
            raise KeyboardInterrupt

    return pause


def test_a_run_ends_at_the_training_error_it_shall_reach(recipe):
    config = recipe(epochs=40, stop_at_train_error=0.5)
    run = fit(config)
    errors = (1 - run.metrics().train_top1).tolist()
    assert errors[-1] <= 0.5
    assert all(error > 0.5 for error in errors[:-1])
    assert run.status().state == "finished"
    assert fit(config, resume=True).epochs == run.epochs  # reached is reached


def test_there_is_a_checkpoint_before_the_first_epoch_and_after_each(recipe):
    run = fit(recipe(epochs=3))
    assert run.epochs == [0, 1, 2, 3]
    assert run.metrics().epoch.tolist() == [1, 2, 3]
    assert tuple(pd.read_csv(run.path / "metrics.csv").columns) == METRICS
    assert run.status().state == "finished"
    assert not list(run.path.rglob("*.partial"))


def test_it_learns_to_tell_red_from_green_from_blue(recipe):
    run = fit(recipe(epochs=20, lr=0.02, statistics="imagenet"))
    assert run.metrics().val_top1.iloc[-1] == 1.0


def test_the_seed_decides_everything(recipe, tmp_path):
    first, same_seed, other = (
        fit(recipe(run=str(tmp_path / name), seed=seed))
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert same(first.network(3).state_dict(), same_seed.network(3).state_dict())
    assert not same(first.network(0).state_dict(), other.network(0).state_dict())


@pytest.mark.parametrize(
    "settings",
    [
        {"precision": "float32"},
        {"precision": "bfloat16"},
        {"average": 0.9, "label_smoothing": 0.1, "options": {"batch_norm": True}},
        {"update": "krizhevsky", "multipliers": {"*.bias": [2, 0]}},
    ],
    ids=str,
)
def test_a_resumed_run_is_bit_identical_to_an_uninterrupted_one(recipe, tmp_path, settings):
    whole = fit(recipe(run=str(tmp_path / "whole"), **settings))
    halves = recipe(run=str(tmp_path / "halves"), **settings)
    with pytest.raises(KeyboardInterrupt):
        fit(halves, pause=stop_at_step(4))
    assert Run.open(halves.run).status().state == "stopped"
    assert Run.open(halves.run).epochs == [0, 1]

    resumed = fit(halves, resume=True)
    for ours, theirs in zip(all_weights(resumed), all_weights(whole), strict=True):
        assert same(ours, theirs)
    columns = ["epoch", "train_loss", "val_loss", "val_top1", "lr"]
    assert resumed.metrics()[columns].equals(whole.metrics()[columns])


VARIED = {"mean": "image", "color": 0.1, "distort": 0.5, "scale": 0.5}


def test_a_resumed_run_is_bit_identical_with_all_there_is_to_vary_images(recipe, tmp_path):
    whole = fit(recipe(run=str(tmp_path / "whole"), **VARIED))
    halves = recipe(run=str(tmp_path / "halves"), **VARIED)
    with pytest.raises(KeyboardInterrupt):
        fit(halves, pause=stop_at_step(7))
    resumed = fit(halves, resume=True)
    for ours, theirs in zip(all_weights(resumed), all_weights(whole), strict=True):
        assert same(ours, theirs)


def test_the_mean_image_is_kept_with_the_run_and_subtracted_by_all_who_open_it(recipe):
    run = fit(recipe(epochs=1, mean="image"))
    stored = run.data().train.images
    assert run.preprocess.mean_image == pytest.approx(stored.mean(0) / 255, abs=1e-6)
    assert run.preprocess.from_uint8(stored).mean(0).abs().max() < 1e-5


def test_an_epoch_that_was_written_but_not_counted_is_done_again(recipe, tmp_path):
    whole = fit(recipe(run=str(tmp_path / "whole")))
    config = recipe()
    saved = {}

    def keep_resume_file(row) -> None:
        saved[row["epoch"]] = (tmp_path / "run" / "resume.pt").read_bytes()

    fit(config, on_epoch=keep_resume_file)
    (tmp_path / "run" / "resume.pt").write_bytes(saved[2])  # as if killed just before the third

    again = fit(config, resume=True)
    assert again.metrics().epoch.tolist() == [1, 2, 3]
    assert same(again.network(3).state_dict(), whole.network(3).state_dict())


def test_what_a_killed_process_left_half_written_is_swept_away(recipe):
    config = recipe(epochs=2)
    with pytest.raises(KeyboardInterrupt):
        fit(config, pause=stop_at_step(4))
    half = Path(config.run) / "checkpoints" / ".epoch-0002.safetensors.1a2b3c4d.partial"
    half.write_bytes(b"half a checkpoint")
    assert fit(config, resume=True).epochs == [0, 1, 2]
    assert not half.exists()


def test_the_settings_are_all_in_run_json(recipe):
    run = fit(recipe(epochs=1, seed=5))
    settings = json.loads((run.path / "run.json").read_text())
    assert settings["training"]["seed"] == 5
    assert settings["options"]["widths"] == [6, 8, 8, 8, 6]
    assert settings["options"]["lrn"] == [1, 2]
    assert settings["classes"] == ["blue", "green", "red"]
    assert settings["versions"]["torch"] == torch.__version__


def test_an_existing_run_is_not_overwritten(recipe):
    fit(recipe(epochs=1))
    with pytest.raises(WorkbenchError, match=r"already holds a run.*--resume"):
        fit(recipe(epochs=1))


def test_a_run_is_not_resumed_with_other_settings(recipe):
    fit(recipe(epochs=1))
    with pytest.raises(WorkbenchError, match=r"lr was 0.02, now 0.1"):
        fit(recipe(epochs=1, lr=0.1), resume=True)


def test_nothing_is_resumed_where_nothing_is(recipe):
    with pytest.raises(WorkbenchError, match="nothing to resume"):
        fit(recipe(), resume=True)


def test_a_run_whose_loss_is_no_number_stops_and_says_so(recipe):
    with pytest.raises(WorkbenchError, match=r"no longer a number.*--lr"):
        fit(recipe(lr=1e20, warmup=0.0))
    run = Run.open(recipe().run)
    assert run.status().state == "dead"
    assert run.epochs == [0]


def test_a_dead_network_stops_and_names_the_silent_layer(recipe, monkeypatch):
    # biases far below zero silence every unit of conv1 for good
    def silenced(*arguments, **options):
        network = create(*arguments, **options)
        torch.nn.init.constant_(network.layers["conv1"].bias, -1e3)
        return network

    monkeypatch.setattr("training.fit_start.create", silenced)
    with pytest.raises(WorkbenchError, match=rf"dead.*{math.log(3):.2f} nats.*relu1"):
        fit(recipe())
    assert Run.open(recipe().run).status().state == "dead"


def test_the_command_line_trains_and_evaluates(recipe, capsys):
    config = recipe(epochs=1)
    flags = [
        f"--{name}={getattr(config, name)}" for name in ("run", "data", "image_size", "epochs")
    ]
    assert main(["fit", *flags, '--options={"widths": [6, 8, 8, 8, 6], "hidden": [16, 12]}']) == 0
    trained = Run.open(config.run).metrics().val_top1.iloc[-1]
    assert main(["evaluate", config.run]) == 0
    assert f"{1 - trained:.2%}" in capsys.readouterr().out


def test_a_recipe_file_gives_the_same_settings_as_flags(recipe, tmp_path):
    config = recipe(epochs=1)
    file = tmp_path / "recipe.yaml"
    file.write_text(
        f"data: {config.data}\nimage_size: 32\nepochs: 9\noptions: {{hidden: [8, 8]}}\n"
    )
    assert main(["fit", "--config", str(file), "--run", config.run, "--epochs=1"]) == 0
    settings = Run.open(config.run).config
    assert settings["training"]["epochs"] == 1
    assert settings["options"]["hidden"] == [8, 8]


@pytest.mark.parametrize(
    "wrong", [{"data": "folder:/no/such/folder"}, {"options": {"width": 3}}, {"device": "abacus"}]
)
def test_settings_that_do_not_fit_leave_no_folder_behind(recipe, wrong):
    run = recipe().run
    with pytest.raises(WorkbenchError):
        fit(recipe(**wrong))
    assert not Path(run).exists()


def test_resume_needs_no_settings_but_the_run(recipe, tmp_path, capsys):
    whole = fit(recipe(run=str(tmp_path / "whole"), lr=0.03))
    config = recipe(lr=0.03)
    with pytest.raises(KeyboardInterrupt):
        fit(config, pause=stop_at_step(4))
    assert main(["fit", "--run", config.run, "--resume"]) == 0
    resumed = Run.open(config.run)
    assert same(resumed.network(3).state_dict(), whole.network(3).state_dict())
    assert main(["fit", "--run", config.run, "--resume", "--lr=0.5"]) == 2
    assert "lr was 0.03, now 0.5" in capsys.readouterr().err


def test_a_mistake_on_the_command_line_is_one_line_without_a_traceback(tmp_path, capsys):
    assert main(["fit", "--data=folder:/no/such/folder", f"--run={tmp_path / 'run'}"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("filterscope: ")
    assert "/no/such/folder" in error
    assert "Traceback" not in error


@pytest.mark.thorough
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_command_after_its_batch(recipe, number):
    config = recipe(epochs=1000)
    flags = [
        f"--{name}={getattr(config, name)}" for name in ("run", "data", "image_size", "epochs")
    ]
    options = json.dumps(config.options)
    child = subprocess.Popen(
        [sys.executable, "-m", "training", "fit", *flags, f"--options={options}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    child.stdout.readline()  # the first epoch is saved
    child.send_signal(number)
    _, error = child.communicate(timeout=PATIENCE_S)
    run = Run.open(config.run)
    assert child.returncode == 130
    assert "Traceback" not in error
    assert run.status().state == "stopped"
    assert run.metrics().epoch.tolist() == run.epochs[1:]
    assert not list(run.path.rglob("*.partial"))
