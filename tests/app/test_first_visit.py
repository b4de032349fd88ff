"""The first visit: with no run, the workbench makes one and shows it growing."""

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app.jobs import job as jobs
from app.shell import first_visit
from app.shell.menu import PAGES, VIEWS
from app.shell.next_step import STEPS
from app.shell.training_progress import TrainingProgress
from tests.conftest import PATIENCE_S
from training import shipped
from training.checkpoints import checkpoint_path, save_checkpoint
from training.metrics import HEADER
from training.runs import Run
from training.status import RUNNING, STOPPED, Reporter, read_status

Open = Callable[..., AppTest]
Said = Callable[[AppTest, str], str | None]
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
    assert command[-len(first_visit.DEMO_FLAGS) :] == first_visit.DEMO_FLAGS


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


@pytest.fixture
def demo(runs: Path) -> Run:
    """The demo is the only run, and says of itself what its status file says."""
    return Run.open((runs / "small").rename(runs / "demo"))


@pytest.fixture
def training(demo: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reporter]:
    """The demo trains: here, in this process, at the pace of the test."""
    for epoch in (1, 2, 3):
        checkpoint_path(demo.path, epoch).unlink()
    (demo.path / "metrics.csv").write_text(HEADER + "\n")
    monkeypatch.setattr(jobs, "is_starting", lambda _: True)
    reporter = Reporter(demo.path / "status.json", message="Epoch 1 of 3", every_s=0)
    yield reporter
    reporter.end(STOPPED)


def said(test: AppTest) -> str:
    return "\n".join(element.value for element in [*test.markdown, *test.caption])


def test_the_filters_grow_through_the_first_epoch(app: Open, demo: Run, training: Reporter) -> None:
    test = app()
    assert "First filters, epoch 0** · untrained" in said(test)
    weights = demo.network(0).state_dict()
    save_checkpoint(demo.path, 0.1, weights)
    save_checkpoint(demo.path, 0.2, weights)
    test.run()
    assert not test.exception
    assert "First filters, epoch 0.2 of 3** · growing" in said(test)
    assert training.status.state == RUNNING


def test_an_epoch_that_is_over_shows_its_own_filters(app: Open, demo: Run) -> None:
    save_checkpoint(demo.path, 0.1, demo.network(0).state_dict())
    assert "First filters, epoch 3**" in said(app())
    assert "First filters, epoch 0**" in said(app(epoch=0))


@pytest.mark.usefixtures("training")
def test_a_finished_run_can_be_opened_while_the_demo_trains(
    app: Open, runs: Path, in_address: Said
) -> None:
    test = app()
    press(test, "Open a finished run at once")
    assert not test.exception
    assert in_address(test, "run") == first_visit.SHIPPED
    assert Run.open(runs / first_visit.SHIPPED).epochs[-1] == 12
    assert "correctly after epoch 12" in said(test)


def test_who_has_runs_of_their_own_is_offered_none(app: Open, demo: Run) -> None:
    shutil.copytree(demo.path, demo.path.parent / "mine")
    assert not first_visit.is_first_visit()
    assert "Open a finished run at once" not in [button.label for button in app().button]


def test_what_ships_has_the_name_under_which_it_is_opened() -> None:
    assert first_visit.SHIPPED == shipped.NAME


def press(test: AppTest, label: str) -> None:
    next(button for button in test.button if button.label == label).click().run()


@pytest.mark.parametrize("page", VIEWS)
def test_each_page_of_a_first_visit_leads_on_to_another_one(page: str) -> None:
    step = STEPS[page]
    assert step.page in PAGES
    assert step.page != page


def test_the_steps_lead_through_all_pages() -> None:
    seen, page = ["overview"], "overview"
    while (page := STEPS[page].page) not in seen:
        seen.append(page)
    assert set(seen) == set(STEPS)


def next_lines() -> None:
    import streamlit as st

    from app.shell.next_step import next_step

    st.navigation([st.Page(lambda: next_step("filters"), title="Filters")]).run()


@pytest.mark.usefixtures("demo")
def test_the_next_step_is_said_until_it_is_dismissed(monkeypatch: pytest.MonkeyPatch) -> None:
    links: list[str] = []
    monkeypatch.setattr(st, "page_link", lambda page, **_: links.append(page))
    test = AppTest.from_function(next_lines).run()
    assert not test.exception
    assert "Next: click a filter" in said(test)
    assert links == ["app/pages/top_patches.py"]
    test.button(key="dismiss next steps").click().run()
    assert "Next" not in said(test)


def test_the_time_left_is_a_range_until_the_speed_is_known(demo: Run, training: Reporter) -> None:
    training(8, 32)
    training(8, 32)
    assert TrainingProgress.of(demo).words == "Epoch 1 of 3 · 1 to 4 min"
    training.status = replace(training.status, started=training.status.started - 10.0)
    training(16, 32)  # 8 images in 10 s, the first 8 not counted: 16 and two epochs of 32 to come
    assert TrainingProgress.of(demo).seconds_left == pytest.approx(100.0, rel=0.05)


def test_the_first_epoch_counts_for_the_time_left_only_while_it_is_alone(demo: Run) -> None:
    (demo.path / "metrics.csv").write_text(f"{HEADER}\n1,2,0.1,2,0.2,0.5,0.1,30.0,10\n")
    reporter = Reporter(demo.path / "status.json", message="Epoch 2 of 3", every_s=0)
    assert TrainingProgress.of(demo).seconds_left == 0.0  # three checkpoints are there
    checkpoint_path(demo.path, 3).unlink()
    assert TrainingProgress.of(demo).seconds_left == pytest.approx(30.0)
    with (demo.path / "metrics.csv").open("a") as file:
        file.write("2,2,0.1,2,0.2,0.5,0.1,10.0,30\n")
    assert TrainingProgress.of(demo).seconds_left == pytest.approx(10.0)
    reporter.end(STOPPED)
