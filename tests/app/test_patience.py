"""Dear results on a page: recalled, computed at once, or left to a job."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.jobs import ask as patience
from app.jobs import job as jobs
from app.jobs import panel as job_panel
from training.runs import Run
from viz.results import NotKept

ARGUMENTS = ["top-patches", "runs/x"]


class HandedOver(Exception):
    """Where the page would have ended."""


@pytest.fixture
def handed_over(monkeypatch: pytest.MonkeyPatch, runs: Path) -> None:  # noqa: ARG001
    def wait_for(_job: jobs.Job, label: str) -> None:
        raise HandedOver(label)

    monkeypatch.setattr(patience, "wait_for", wait_for)


def working(steps: int, log: list[int]) -> Callable[..., str]:
    """Work of so many steps that asks for patience before each."""

    def compute(only_kept: bool = False, progress: Any = None) -> str:
        if only_kept:
            raise NotKept
        for step in range(steps):
            progress(step, steps)
            log.append(step)
        return "done"

    return compute


def answer(compute: Callable[..., str], run: Run) -> str:
    return patience.answer(compute, run, ARGUMENTS, label="Working")


@pytest.mark.usefixtures("handed_over")
def test_what_is_kept_is_not_computed(small: Run) -> None:
    assert answer(lambda **_: "kept", small) == "kept"


@pytest.mark.usefixtures("handed_over")
def test_quick_work_is_done_at_once(small: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience.time, "monotonic", lambda: 0.0)  # as quick as can be
    assert answer(working(10, []), small) == "done"


@pytest.mark.usefixtures("handed_over")
def test_long_work_is_left_to_a_job_after_its_first_steps(
    small: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(1000))
    monkeypatch.setattr(patience.time, "monotonic", lambda: float(next(clock)))
    log: list[int] = []
    with pytest.raises(HandedOver, match="Working"):
        answer(working(100, log), small)
    assert len(log) < 3


@pytest.mark.usefixtures("handed_over")
def test_a_job_that_is_known_is_watched_and_not_done_a_second_time(small: Run) -> None:
    folder = jobs.Job(tuple(ARGUMENTS)).folder
    folder.mkdir(parents=True)
    (folder / "status.json").write_text('{"state": "failed", "message": "no"}')
    log: list[int] = []
    with pytest.raises(HandedOver):
        answer(working(10, log), small)
    assert not log


@pytest.mark.usefixtures("runs")
def test_a_page_that_can_goes_on_with_what_a_job_has_so_far(
    small: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched: list[object] = []
    monkeypatch.setattr(job_panel, "_watch", lambda *told: watched.append(told[-1]))
    monkeypatch.setattr(patience, "AT_ONCE_S", -1.0)
    found = patience.answer(
        working(10, []), small, ARGUMENTS, label="Working", so_far=lambda: ("coarse", 4)
    )
    assert found == "coarse"
    assert watched == [4]  # the page is drawn again when this changes
