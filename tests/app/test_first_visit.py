"""The first visit: with no run, the workbench makes one and shows it growing."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.jobs import job as jobs
from app.shell import first_visit
from tests.conftest import PATIENCE_S
from training.status import RUNNING, STOPPED, read_status

ENTRY = str(Path(__file__).parents[2] / "streamlit_app.py")


@pytest.fixture
def spawned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Commands that would have been started; there is no run."""
    commands: list[list[str]] = []

    def spawn(command: list[str], log: Path) -> int:
        commands.append(command)
        log.write_text("filterscope: The disk is full.\n")
        return 2**22 + 1  # of no process

    monkeypatch.setenv("FILTERSCOPE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(jobs, "spawn", spawn)
    return commands


def test_without_a_run_the_demo_is_started_once(spawned: list[list[str]], tmp_path: Path) -> None:
    for _visitor in range(3):
        first_visit.make_sure_of_a_run()
    [command] = spawned
    assert str(tmp_path / "runs" / "demo") in command
    assert command[-8:] == first_visit.DEMO_FLAGS


def test_with_a_run_no_demo_is_started(
    spawned: list[list[str]],
    runs: Path,  # noqa: ARG001  (there is one)
) -> None:
    first_visit.make_sure_of_a_run()
    assert not spawned


def test_a_demo_that_cannot_be_trained_says_why_and_has_the_button_that_mends_it(
    spawned: list[list[str]],
) -> None:
    test = AppTest.from_file(ENTRY, default_timeout=PATIENCE_S).run()
    assert not test.exception
    assert "The disk is full" in test.error[0].value
    next(button for button in test.button if button.label == "Train the demo").click().run()
    assert len(spawned) == 2


def test_no_page_is_blank_without_a_run(spawned: list[list[str]]) -> None:  # noqa: ARG001
    for name in ("filters", "occlusion", "train"):
        test = AppTest.from_file(ENTRY, default_timeout=PATIENCE_S)
        test.switch_page(f"app/pages/{name}.py").run()
        assert not test.exception
        assert test.title


@pytest.mark.browser
def test_the_first_visit_shows_the_untrained_filters_and_training_can_be_stopped(
    empty_server: tuple[str, Path],
    page: Any,
    wait_until: Callable[..., None],
    press_until: Callable[..., None],
) -> None:
    address, runs = empty_server
    status = runs / "demo" / "status.json"
    page.goto(address)
    wait_until(lambda: list(runs.glob("demo/checkpoints/epoch-0000.safetensors")))
    pid = read_status(status).pid
    os.kill(pid, signal.SIGSTOP)  # so that it is untrained for as long as this test looks
    page.get_by_text("First filters, epoch 0").wait_for()
    page.locator(".js-plotly-plot image").first.wait_for(state="attached")
    assert read_status(status).state == RUNNING
    os.kill(pid, signal.SIGCONT)
    press_until(page, "Stop", lambda: read_status(status).state == STOPPED)
    page.get_by_text("Training was stopped").wait_for()
