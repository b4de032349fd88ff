"""Train: teach one."""

import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.jobs import job as jobs
from app.views.train import checked, fit_flags, free_name
from app.views.train_like import settings_of
from training.__main__ import parser
from training.config import FitConfig
from training.errors import WorkbenchError
from training.runs import Run
from training.status import RUNNING, STOPPED

Open = Callable[..., AppTest]
MULTIPLIERS = "Learning-rate and weight-decay multipliers"


@pytest.fixture
def spawned(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Commands that would have been started."""
    commands: list[list[str]] = []

    def spawn(command: list[str], _log: Path) -> int:
        commands.append(command)
        return 2**22 + 1  # of no process

    monkeypatch.setattr(jobs, "spawn", spawn)
    return commands


def start(test: AppTest, **typed: Any) -> AppTest:
    for box in [*test.text_input, *test.text_area]:
        if box.label in typed:
            box.set_value(typed[box.label])
    return next(button for button in test.button if button.label == "Start training").click().run()


def test_the_page_lists_every_run_with_its_state(app: Open, runs: Path) -> None:
    (runs / "torn").mkdir()
    (runs / "torn" / "run.json").write_text("{")
    test = app("train")
    assert not test.exception
    table = test.dataframe[0].value.set_index("run")
    assert table.loc["small", "state"] == "finished"
    assert table.loc["small", "epochs"] == "3 of 3"
    assert table.loc["torn", "state"] == "cannot be opened"


def test_starting_runs_fit_in_a_child_process(
    app: Open, runs: Path, spawned: list[list[str]]
) -> None:
    start(app("train"), Name="fresh")
    [command] = spawned
    assert command[2:6] == ["training", "fit", "--run", str(runs / "fresh")]


def test_options_and_multipliers_can_be_typed(app: Open, spawned: list[list[str]]) -> None:
    typed = {
        "Options of the network": '{"pooling": "average"}',
        MULTIPLIERS: '{"*.bias": [2, 0]}',
    }
    start(app("train"), Name="fresh", **typed)
    [command] = spawned
    assert '--options={"pooling": "average"}' in command
    assert '--multipliers={"*.bias": [2, 0]}' in command


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"Name": "small"}, "already"),
        ({"Name": "../out"}, "cannot be the name of a run"),
        ({"Name": "new", "Data": "folder:/nowhere"}, "/nowhere"),
        ({"Name": "new", "Data": "imagenot"}, "Unknown data set"),
        ({"Name": "new", "Options of the network": "lrn"}, "not JSON"),
        ({"Name": "new", "Options of the network": "[3]"}, "expected an object"),
        ({"Name": "new", "Options of the network": '{"lern": []}'}, "no option 'lern'"),
        (
            {"Name": "new", "Learning-rate and weight-decay multipliers": '{"*": 2}'},
            "a list with 2 entries",
        ),
    ],
)
def test_what_cannot_be_trained_is_refused_in_a_sentence(
    app: Open, spawned: list[list[str]], typed: dict[str, str], words: str
) -> None:
    test = start(app("train"), **typed)
    assert not test.exception
    assert words in test.error[0].value.replace("\\", "")
    assert not spawned


def test_settings_out_of_range_are_refused(runs: Path) -> None:  # noqa: ARG001
    with pytest.raises(WorkbenchError, match="--color"):
        checked("new", {"color": -1.0})


def test_a_free_name_is_offered(runs: Path) -> None:  # noqa: ARG001
    assert free_name("other") == "other"
    assert free_name("small") == "small-2"


def test_the_flags_of_a_run_give_its_settings_again(small: Run) -> None:
    flags = fit_flags(small.config["training"])
    parsed = parser().parse_args(["fit", "--run", "anywhere", *flags])["fit"]
    for field in fields(FitConfig):
        if field.name != "run":
            assert parsed[field.name] == small.config["training"][field.name], field.name


def test_a_run_is_stopped_and_goes_on_from_its_last_epoch(
    runs: Path, small: Run, wait_until: Callable[..., None]
) -> None:
    flags = fit_flags({**small.config["training"], "epochs": 5000})
    jobs.train(flags, name="long")
    wait_until(lambda: (runs / "long" / "metrics.csv").exists())
    run = Run.open(runs / "long")
    wait_until(lambda: run.epochs[-1:] > [0])
    jobs.stop_training(run.path)
    wait_until(lambda: run.status().state == STOPPED)
    reached = run.epochs[-1]
    jobs.train(["--resume"], name="long")
    wait_until(lambda: run.epochs[-1] > reached and run.status().state == RUNNING)
    jobs.stop_training(run.path)
    wait_until(lambda: run.status().state == STOPPED)


def number(test: AppTest, label: str) -> Any:
    return next(box for box in test.number_input if box.label == label)


def table_says(test: AppTest) -> str:
    return " ".join(each.value for each in test.markdown)


def test_the_table_and_the_json_of_options_are_the_same(app: Open) -> None:
    test = app("train")
    number(test, "conv1 stride").set_value(4).run()
    [json_box] = [box for box in test.text_area if box.label == "Options of the network"]
    assert json.loads(json_box.value) == {"strides": [4, 1, 1, 1, 1]}
    assert "16×16×48 → 7" in table_says(test)
    assert "47 px / 8" in table_says(test)  # conv2: 7 + 2·4, then 4 steps of 8
    json_box.set_value('{"kernels": [11, 5, 3, 3, 3]}').run()
    assert number(test, "conv1 stride").value == 2
    assert number(test, "conv1 kernel").value == 11


def test_a_layer_of_which_nothing_is_left_is_told_in_its_row(app: Open) -> None:
    test = app("train")
    number(test, "conv1 stride").set_value(40).run()
    assert not test.exception
    said = table_says(test).replace("\\", "")
    assert "**conv1**: a pooling window of 3 px does not fit into a map of 2 × 2" in said


def test_the_address_fills_in_a_run_with_changes(
    app: Open, small: Run, spawned: list[list[str]]
) -> None:
    test = app("train", like="small", strides="1", lr="0.5")
    assert number(test, "conv1 stride").value == 1
    assert number(test, "conv1 width").value == 6
    assert "strides 2 1 1 1 1 → 1 1 1 1 1" in table_says(test).replace("\\", "")
    start(test)
    [command] = spawned
    assert command[5].endswith("small-strides1-lr0.5")
    parsed = parser().parse_args(["fit", "--run", "x", *command[6:]])["fit"]
    before = small.config["training"]
    for field in fields(FitConfig):
        if field.name not in ("run", "lr", "options"):
            assert parsed[field.name] == before[field.name], field.name
    assert parsed["lr"] == 0.5
    assert parsed["options"] == before["options"] | {"strides": [1, 1, 1, 1, 1]}


def test_what_the_address_says_wrongly_gives_a_notice(app: Open) -> None:
    test = app("train", like="nobody", strides="none")
    assert not test.exception
    said = " ".join(each.value for each in test.info)
    assert "no like" in said
    assert "no strides" in said


@pytest.mark.browser
def test_a_run_started_from_the_page_is_watched_and_stopped(
    server: str,
    page: Any,
    small: Run,
    runs: Path,
    wait_until: Callable[..., None],
    press_until: Callable[..., None],
) -> None:
    page.goto(f"{server}/train")
    page.get_by_role("textbox", name="Name").fill("mine")
    page.get_by_role("textbox", name="Data").fill(small.config["data"])
    page.get_by_role("spinbutton", name="Epochs").fill("5000")
    page.get_by_role("spinbutton", name="Epochs").press("Enter")
    page.get_by_role("button", name="Start training").click()
    page.wait_for_url("**run=mine*")
    mine = Run.open(runs / "mine")
    wait_until(lambda: mine.epochs[-1:] > [0])  # what was stopped before has nothing to resume
    press_until(page, "Stop", lambda: mine.status().state == STOPPED)
    page.get_by_role("button", name="Resume").wait_for()


def test_a_run_to_start_from_decides_the_network_and_stands_in_the_command(
    app: Open, runs: Path, spawned: list[list[str]]
) -> None:
    test = app("train")
    next(box for box in test.selectbox if box.label == "Start from").set_value("small").run()
    assert next(box for box in test.selectbox if box.label == "Network").disabled
    assert "Layers" not in [tab.label for tab in test.tabs]
    next(box for box in test.selectbox if box.label == "Epoch").set_value(1).run()
    start(test, Name="new", Freeze="conv1..conv2")
    [command] = spawned
    assert f"--start_from={runs / 'small'}@1" in command
    assert "--freeze=conv1..conv2" in command
    assert parser().parse_args(command[3:]).fit.start_from == f"{runs / 'small'}@1"


def test_layers_that_cannot_be_frozen_are_told_before_the_start(app: Open) -> None:
    test = app("train")
    next(box for box in test.text_input if box.label == "Freeze").set_value("conv1..conv9").run()
    assert "'conv9', and the network has no such layer" in test.error[0].value


def test_a_run_that_started_from_another_fills_the_form_with_that_and_its_whole_data(
    runs: Path,
) -> None:
    file = runs / "small" / "run.json"
    stored = json.loads(file.read_text())
    spec = stored["data"]
    stored |= {"data": f"few:5:0:{spec}", "origin": {"run": "/r", "epoch": 3, "sha256": "0" * 64}}
    stored["training"]["per_class"] = 5
    file.write_text(json.dumps(stored))
    settings = settings_of(Run.open(runs / "small"))
    assert (settings["data"], settings["per_class"]) == (spec, 5)
    assert settings["start_from"] == "/r@3"
