"""Variants are trained, resumed, refused and counted as their runs say."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

from tests.conftest import PATIENCE_S
from tests.training import forked
from training.__main__ import main, parser
from training.compare import compare
from training.comparison import Comparison
from training.ensemble import evaluate_together, open_members
from training.errors import WorkbenchError
from training.recipe import read_recipe
from training.runs import Run

SMALL = {"widths": [6, 8, 8, 8, 6], "hidden": [16, 12]}


@pytest.fixture
def write(album, tmp_path):
    """Writes a recipe for two variants on the album; changes go over it."""

    def make(**changes) -> Path:
        recipe = {
            "title": "Two rates",
            "claim": "The higher rate learns faster (nobody, 1912).",
            "measure": "top1_error",
            "base": {
                "data": f"folder:{album}",
                "image_size": 32,
                "options": SMALL,
                "batch_size": 8,
                "epochs": 2,
                "device": "cpu",
            },
            "seeds": [0, 1],
            "variants": {"slow": {"lr": 0.001}, "fast": {"lr": 0.02}},
            "paper": {"fast": "0 %"},
        }
        file = tmp_path / "two-rates.yaml"
        file.write_text(yaml.safe_dump(recipe | changes, sort_keys=False))
        return file

    return make


@pytest.fixture
def soon(monkeypatch) -> None:
    """Children that begin at once."""
    monkeypatch.setattr("training.side_by_side.subprocess", forked)
    monkeypatch.setattr("training.compare.subprocess", forked)


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "runs" / "two-rates"


def made(comparison: Comparison) -> dict[str, str]:
    """When each run was made."""
    return {
        file.parent.name: json.loads(file.read_text())["created"] + str(file.stat().st_mtime_ns)
        for file in comparison.path.glob("*/run.json")
    }


@pytest.mark.usefixtures("soon")
def test_the_table_says_what_the_runs_say(write, folder, capsys):
    assert main(["compare", str(write()), "--run", str(folder)]) == 0
    table = pd.read_csv(folder / "comparison.csv")
    assert table["variant"].tolist() == ["slow", "slow", "fast", "fast"]
    for _, row in table.iterrows():
        metrics = Run.open(folder / f"{row['variant']}-seed{row['seed']}").metrics()
        last = metrics.iloc[-1]
        assert row["epochs"] == 2
        assert row["top1_error"] == pytest.approx(1 - last["val_top1"])
        assert row["top1"] == pytest.approx(last["val_top1"])
        assert row["top5"] == pytest.approx(last["val_top5"])
        assert row["loss"] == pytest.approx(last["val_loss"])
        assert row["seconds"] == pytest.approx(metrics["seconds"].sum())
        assert row["state"] == "finished"
    fast = 100 * table[table.variant == "fast"]["top1_error"]
    line = f"| fast | {fast.mean():.2f} ± {fast.std():.2f} % | 0 % | 0, 1 |"
    assert line in capsys.readouterr().out
    assert line in (folder / "comparison.md").read_text()
    assert (folder / "figure.svg").exists()
    assert Comparison.open(folder).status().state == "finished"


@pytest.mark.usefixtures("soon")
def test_what_is_finished_is_not_trained_again(write, folder):
    recipe = read_recipe(str(write(seeds=[0])))
    comparison = compare(recipe, folder, only=["slow"])
    before = made(comparison)
    assert list(before) == ["slow-seed0"]
    whole = compare(recipe, folder)
    assert made(whole)["slow-seed0"] == before["slow-seed0"]
    assert whole.table()["state"].tolist() == ["finished", "finished"]


@pytest.mark.slow
def test_a_signal_stops_the_children_and_the_same_command_goes_on(write, folder, wait_until):
    base = yaml.safe_load(write().read_text())["base"]
    rates = {"slow": {"lr": 0.0005}, "fast": {"lr": 0.001}}  # at 0.02 it may die before the signal
    file = write(base=base | {"epochs": 5000}, seeds=[0], variants=rates)
    command = [sys.executable, "-m", "training", "compare", str(file), "--run", str(folder)]
    command += ["--jobs", "2"]  # also where there is one core: both are to be in the middle
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    runs = [folder / "slow-seed0", folder / "fast-seed0"]
    wait_until(lambda: all(list(run.glob("checkpoints/epoch-0002*")) for run in runs))
    child.send_signal(signal.SIGTERM)
    _, error = child.communicate(timeout=PATIENCE_S)
    assert child.returncode == 130
    assert "Traceback" not in error
    comparison = Comparison.open(folder)
    assert comparison.status().state == "stopped"
    assert comparison.table()["state"].tolist() == ["stopped", "stopped"]
    reached = {run: Run.open(run).epochs[-1] for run in runs}

    again = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: all(Run.open(run).epochs[-1] > reached[run] for run in runs))
    again.send_signal(signal.SIGINT)
    again.communicate(timeout=PATIENCE_S)
    assert [Run.open(run).metrics().epoch.iloc[0] for run in runs] == [1, 1]


@pytest.mark.usefixtures("soon")
def test_a_variant_that_fails_is_recorded_and_does_not_stop_the_others(write, folder):
    variants = {"dead": {"lr": 1e20, "warmup": 0.0}, "fast": {}}
    comparison = compare(read_recipe(str(write(seeds=[0], variants=variants, paper={}))), folder)
    table = pd.read_csv(folder / "comparison.csv").set_index("variant")
    assert table.loc["dead", "state"] == "dead"
    assert "no longer a number" in table.loc["dead", "why"]
    assert table.loc["fast", "state"] == "finished"
    assert comparison.summary("dead", "top1_error").count == 0


@pytest.mark.slow
def test_a_process_that_cannot_even_begin_says_why_and_the_others_go_on(write, folder):
    recipe = read_recipe(str(write(seeds=[0], variants={"fast": {}, "broken": {}})))
    folder.mkdir(parents=True)
    (folder / "broken-seed0").write_text("a file where a folder should be")
    table = compare(recipe, folder).table().set_index("variant")
    assert table.loc["broken", "state"] == "failed"
    assert "broken-seed0" in table.loc["broken", "why"]
    assert table.loc["fast", "state"] == "finished"
    assert (folder / "figure.svg").exists()


@pytest.mark.usefixtures("soon")
def test_the_better_candidate_is_chosen_by_short_runs(write, folder):
    choose = {
        "epochs": 6,
        "among": {"slow": [{"lr": 1e20, "warmup": 0}, {"lr": 1e-6}, {"lr": 0.02}]},
    }
    file = write(seeds=[0], measure="epochs_to_train_error", until=0.4, choose=choose)
    comparison = compare(read_recipe(str(file)), folder)
    assert comparison.chosen == {"slow": {"lr": 0.02}}
    assert comparison.run("slow", 0).config["training"]["lr"] == 0.02
    dead, low, high = comparison.config["trials"]["slow"]
    assert (dead["state"], dead["train_error"]) == ("dead", None)
    assert high["train_error"] < low["train_error"]


@pytest.mark.usefixtures("soon")
def test_ten_views_and_all_seeds_together_are_evaluated_once(write, folder, monkeypatch):
    base = yaml.safe_load(write().read_text())["base"] | {"crop_padding": 2}
    variants = {"fast": {}, "uncropped": {"crop_padding": 0}}
    also = ["ten_view_error", "ensemble_error"]
    recipe = read_recipe(str(write(base=base | {"epochs": 1}, variants=variants, also=also)))
    said: list[str] = []
    comparison = compare(recipe, folder, on_end=said.append)
    table = comparison.table().set_index(["variant", "seed"])
    runs = [Run.open(folder / f"fast-seed{seed}") for seed in (0, 1)]
    for seed, run in enumerate(runs):
        [_, ten] = evaluate_together(open_members([run]), views=10)
        assert table.loc[("fast", str(seed)), "ten_view_error"] == pytest.approx(
            1 - ten.evaluation.top1
        )
    mean = evaluate_together(open_members(runs))[-1]
    assert table.loc[("fast", "all"), "ensemble_error"] == pytest.approx(1 - mean.evaluation.top1)
    assert table.loc[("uncropped", "0"), ["ten_view_error"]].isna().all()
    assert any("Ten views need images stored larger" in line for line in said)

    again: list[str] = []

    def note(members, **_how):
        again.extend(member.name for member in members)
        raise WorkbenchError("not now")

    monkeypatch.setattr("training.comparison_scores.evaluate_together", note)
    compare(recipe, folder)
    assert again
    assert not any("fast" in name for name in again)


@pytest.mark.usefixtures("soon")
def test_another_recipe_is_refused_in_the_same_folder(write, folder):
    compare(read_recipe(str(write(seeds=[0]))), folder, only=["fast"])
    changed = read_recipe(str(write(seeds=[0, 1], variants={"slow": {"lr": 0.1}, "fast": {}})))
    with pytest.raises(WorkbenchError, match=r"variants, slow, lr was 0\.001, now 0\.1;.* seeds"):
        compare(changed, folder)
    words_only = read_recipe(str(write(seeds=[0], title="Said otherwise")))
    assert compare(words_only, folder, only=["fast"]).table()["state"].tolist()[1] == "finished"


def test_data_that_are_not_there_are_refused_before_anything_is_trained(write, folder):
    recipe = read_recipe(str(write()), data="folder:/no/such/folder")
    with pytest.raises(WorkbenchError, match="/no/such/folder"):
        compare(recipe, folder)
    assert not folder.exists()


def test_an_unknown_variant_is_refused(write, folder):
    with pytest.raises(WorkbenchError, match=r"no variant 'quick'\. It has: slow, fast"):
        compare(read_recipe(str(write())), folder, only=["quick"])


def test_a_folder_of_a_run_is_left_alone(write, folder):
    folder.mkdir(parents=True)
    (folder / "run.json").write_text("{}")
    with pytest.raises(WorkbenchError, match="holds a run"):
        compare(read_recipe(str(write())), folder)


def odd_place(tmp_path: Path, album: Path) -> tuple[Path, Path]:
    """A recipe and images in places that a shell would take apart."""
    place = tmp_path / 'Anna\'s "works" $HOME; (1)'
    place.mkdir()
    data = place / "älbum & more"
    data.symlink_to(album)
    return place / "my recipe.yaml", data


def test_the_line_that_is_printed_names_the_recipe_as_it_was_given(write, album, tmp_path):
    file, data = odd_place(tmp_path, album)
    write().rename(file)
    recipe = read_recipe(str(file), data=f"folder:{data}")
    words = shlex.split(recipe.command(tmp_path / "my runs"))
    assert words[:4] == ["python", "-m", "training", "compare"]
    asked = parser().parse_args(words[3:]).compare
    assert (asked.recipe, asked.run) == (str(file), str(tmp_path / "my runs"))
    assert read_recipe(asked.recipe, asked.setting, data=asked.data) == recipe
    assert "--run" not in recipe.command(Path("runs", "my recipe"))  # where it lies in any case


def test_a_shipped_recipe_is_printed_by_its_name():
    line = read_recipe("pooling").command(Path("runs/pooling"))
    assert line == "python -m training compare pooling --setting small"


@pytest.mark.slow
@pytest.mark.usefixtures("soon")  # what the line itself starts are real processes
def test_the_line_that_is_printed_runs_as_it_stands(write, album, tmp_path, monkeypatch, capsys):
    file, data = odd_place(tmp_path, album)
    write(seeds=[0], variants={"only": {"epochs": 1}}, paper={}).rename(file)
    monkeypatch.chdir(file.parent)
    flags = ["--data", f"folder:{data}", "--run", str(file.parent / "my runs")]
    assert main(["compare", file.name, *flags]) == 0
    before = made(Comparison.open("my runs"))
    line = re.search(r"`(python .*?)` · revision", capsys.readouterr().out)[1]
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    (bin_folder / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    (bin_folder / "python").chmod(0o755)
    monkeypatch.setenv("PATH", str(bin_folder), prepend=os.pathsep)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    done = subprocess.run(line, shell=True, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert made(Comparison.open("my runs")) == before  # it goes on with that one
