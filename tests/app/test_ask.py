"""Answers on a page: loaded, computed at once, or left to a job while the page goes on."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from app.jobs import ask as asking
from app.jobs.ask import Reply, ask
from app.jobs.job import Job
from training.runs import Run
from viz.store.answer import answer, save_state
from viz.store.lend import Lender, Opened
from viz.store.lines import arguments
from viz.store.query import Resumable


@dataclass(frozen=True)
class Count:
    value: int


@dataclass(frozen=True)
class CountQuery(Resumable[Count]):
    """Counts."""

    to: int = 10

    view: ClassVar[str] = "count"
    answer_type: ClassVar[type] = Count
    steps: ClassVar[list[int]] = []

    def states(self, _opened: Opened, before: Count | None) -> Iterator[Count]:
        for value in range(0 if before is None else before.value, self.to + 1):
            self.steps.append(value)
            yield Count(value)

    def done(self, state: Count) -> tuple[int, int]:
        return state.value, self.to

    def grain(self, state: Count) -> int:
        return state.value // 5


@pytest.fixture
def handed_over(monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    """The jobs that a page left its work to; none is started."""
    jobs: list[Job] = []

    def show_job(job: Job, _label: str, state: Any) -> list[Any]:
        jobs.append(job)
        found = state()
        return found[0] if found else []

    CountQuery.steps.clear()
    monkeypatch.setattr(asking, "show_job", show_job)
    monkeypatch.setattr(asking, "AT_ONCE_S", 3.0)
    return jobs


def resolved(query: CountQuery) -> tuple[CountQuery, Opened]:
    opened = Opened.of(query.run, query.epoch, Lender())
    return query.resolved(opened), opened


def test_what_is_cached_is_not_computed(small: Run, handed_over: list[Job]) -> None:
    query = CountQuery(str(small.path))
    answer(query)
    CountQuery.steps.clear()
    reply = ask(query)
    assert (reply.whole, reply.answer) == (True, Count(10))
    assert not CountQuery.steps
    assert not handed_over


def test_quick_work_is_done_at_once(
    small: Run, handed_over: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking.time, "monotonic", lambda: 0.0)  # as quick as can be
    assert ask(CountQuery(str(small.path))).answer == Count(10)
    assert not handed_over


def left_to_a_job(small: Run, monkeypatch: pytest.MonkeyPatch) -> Reply:
    clock = itertools.count()
    monkeypatch.setattr(asking.time, "monotonic", lambda: float(next(clock)))
    return ask(CountQuery(str(small.path), to=100))


def test_long_work_is_left_to_a_job_that_asks_the_same(
    small: Run, handed_over: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = left_to_a_job(small, monkeypatch)
    assert not reply.whole
    assert reply.answer is None  # the page goes on without it
    assert len(CountQuery.steps) < 5
    [job] = handed_over
    assert list(job.arguments) == arguments(reply.query)
    assert reply.query.epoch == 3  # the job's question leaves nothing to defaults


def test_a_job_that_is_known_is_watched_and_not_done_a_second_time(
    small: Run, handed_over: list[Job]
) -> None:
    query, _ = resolved(CountQuery(str(small.path)))
    folder = Job(tuple(arguments(query))).folder
    folder.mkdir(parents=True)
    (folder / "status.json").write_text('{"state": "failed", "message": "no"}')
    assert ask(query).answer is None
    assert not CountQuery.steps
    assert len(handed_over) == 1


def test_a_page_goes_on_with_what_a_job_has_so_far(
    small: Run, handed_over: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    query, opened = resolved(CountQuery(str(small.path), to=100))
    save_state(query, opened, Count(40))
    reply = left_to_a_job(small, monkeypatch)
    assert handed_over
    assert not reply.whole
    assert reply.answer.value >= 40
