"""Compare: does the claim hold here?"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.jobs import job as jobs
from training.recipe import read_recipe, shipped
from training.runs import Run
from training.status import Reporter

Open = Callable[..., AppTest]
Said = Callable[[AppTest, str], str | None]


@pytest.fixture
def pair(runs: Path) -> Path:
    """A comparison of two variants, both copies of the small run."""
    folder = runs / "pair"
    for variant in ("relu", "tanh"):
        shutil.copytree(runs / "small", folder / f"{variant}-seed0")
    config = {
        "format": 1,
        "name": "pair",
        "title": "ReLU against tanh",
        "claim": "Six times faster (Krizhevsky et al. 2012).",
        "paper": {"relu": "6 epochs"},
        "recipe": {
            "variants": {"relu": {}, "tanh": {}},
            "seeds": [0],
            "measure": "top1_error",
            "also": [],
            "until": None,
        },
        "chosen": {"tanh": {"lr": 0.02}},
        "arguments": ["relu-vs-tanh", "--setting", "small"],
    }
    (folder / "comparison.json").write_text(json.dumps(config))
    (folder / "status.json").write_text(json.dumps({"state": "finished"}))
    return folder


@pytest.fixture
def spawned(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Commands that would have been started."""
    commands: list[list[str]] = []

    def spawn(command: list[str], log: Path) -> int:
        commands.append(command)
        log.write_text("filterscope: The disk is full.\n")
        return 2**22 + 1  # of no process

    monkeypatch.setattr(jobs, "spawn", spawn)
    return commands


def press(test: AppTest, label: str) -> AppTest:
    return next(button for button in test.button if button.label == label).click().run()


def test_the_table_has_the_errors_of_the_runs_beside_the_papers(app: Open, pair: Path) -> None:
    test = app("compare")
    assert not test.exception
    table = test.dataframe[0].value.set_index("variant")
    error = 1 - Run.open(pair / "relu-seed0").metrics()["val_top1"].iloc[-1]
    assert table.loc["relu", "top-1 error after the last epoch"] == f"{100 * error:.2f} %"
    assert table.loc["relu", "in the paper"] == "6 epochs"
    assert table.loc["tanh", "chosen by trials"] == "lr 0.02"
    assert table.loc["tanh", "runs"] == "1 finished"
    assert "Six times faster" in " ".join(each.value for each in test.markdown)


def test_the_view_side_by_side_is_in_the_address(app: Open, pair: Path) -> None:  # noqa: ARG001
    for look in ("filters", "curves", "architecture", "patches"):
        test = app("compare", look=look, left="tanh", right="relu", at=2)
        assert not test.exception
        assert not test.error
        chosen = {box.label: box.value for box in test.selectbox}
        assert (chosen["Left"], chosen["Right"]) == ("tanh", "relu")


def test_a_variant_opens_in_any_view(app: Open, in_address: Said, pair: Path) -> None:  # noqa: ARG001
    test = app("compare", epoch=1)
    test = test.button(key="open tanh filters").click().run()
    assert not test.exception
    assert test.title[0].value == "Filters"
    assert in_address(test, "run") == "pair/tanh-seed0"
    assert in_address(test, "epoch") is None


@pytest.mark.parametrize("name", ["overview", "filters", "feature_maps", "train"])
def test_pages_open_the_runs_of_a_comparison(app: Open, pair: Path, name: str) -> None:  # noqa: ARG001
    test = app(name, run="pair/relu-seed0")
    assert not test.exception
    assert not test.error
    [box] = [box for box in test.selectbox if box.label == "Run"]
    assert box.value == "pair/relu-seed0"


def test_a_comparison_that_is_not_there_gives_the_default_and_a_notice(
    app: Open,
    in_address: Said,
    pair: Path,  # noqa: ARG001
) -> None:
    test = app("compare", comparison="gone")
    assert not test.exception
    assert "There is no comparison" in test.info[0].value
    assert in_address(test, "comparison") is None


def test_while_it_trains_the_page_says_how_far_it_is(app: Open, pair: Path) -> None:
    shutil.rmtree(pair / "tanh-seed0")
    (pair / "status.json").unlink()
    reporter = Reporter(pair / "status.json", message="Training 2 runs")
    reporter(3, 6)
    test = app("compare")
    assert not test.exception
    assert any(button.label == "Stop" for button in test.button)
    assert test.dataframe[0].value.set_index("variant").loc["tanh", "runs"] == "1 waiting"
    reporter.end("stopped")


def test_one_that_was_stopped_goes_on_by_the_same_command(
    app: Open, pair: Path, spawned: list[list[str]]
) -> None:
    (pair / "status.json").write_text(json.dumps({"state": "stopped"}))
    press(app("compare"), "Go on")
    [command] = spawned
    assert command[2:6] == ["training", "compare", "--run", str(pair)]
    assert command[6:] == ["relu-vs-tanh", "--setting", "small"]


def test_a_variant_that_failed_says_why(app: Open, pair: Path) -> None:
    status = {"state": "dead", "message": "The loss is no longer a number."}
    (pair / "tanh-seed0" / "status.json").write_text(json.dumps(status))
    table = app("compare").dataframe[0].value.set_index("variant")
    assert table.loc["tanh", "runs"] == "1 dead"
    assert "no longer a number" in str(table.loc["tanh", "why"])


def test_without_a_comparison_every_shipped_recipe_is_offered_with_its_time(
    app: Open,
    runs: Path,  # noqa: ARG001
) -> None:
    test = app("compare")
    assert not test.exception
    words = " ".join(each.value for each in test.markdown)
    assert "six times faster" in words
    minutes = read_recipe("relu-vs-tanh").minutes
    assert f"about {minutes} min on 2 cores" in words
    assert test.selectbox[0].options == shipped()


def test_a_recipe_is_started_in_a_child_process(
    app: Open, runs: Path, small: Run, spawned: list[list[str]]
) -> None:
    test = app("compare")
    next(box for box in test.text_input if box.label == "Data").set_value(small.config["data"])
    test = press(test, "Start the comparison")
    [command] = spawned
    assert command[2:5] == ["training", "compare", "--run"]
    assert command[5] == str(runs / shipped()[0])
    assert command[-2:] == ["--data", small.config["data"]]


def test_data_that_are_not_there_are_refused_in_a_sentence(
    app: Open,
    runs: Path,  # noqa: ARG001
    spawned: list[list[str]],
) -> None:
    test = app("compare")
    next(box for box in test.text_input if box.label == "Data").set_value("folder:/nowhere")
    test = press(test, "Start the comparison")
    assert "/nowhere" in test.error[0].value.replace("\\", "")
    assert not spawned


@pytest.mark.browser
def test_a_variant_is_opened_from_the_page_with_the_mouse(
    server: str,
    page: Any,
    pair: Path,  # noqa: ARG001
) -> None:
    page.goto(f"{server}/compare")
    page.get_by_role("button", name="Open tanh").click()
    page.get_by_role("button", name="Occlusion").click()
    page.wait_for_url("**/occlusion*run=pair%2Ftanh-seed0*")
    page.get_by_role("heading", name="Occlusion").wait_for()
