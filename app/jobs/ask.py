"""Dear results on a page: recalled, or computed at once where that is quick, or left to a job."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import streamlit as st

from app.jobs.job import Job
from app.jobs.panel import SoFar, go_on_with, wait_for
from app.shell.errors import plain
from app.shell.words import time_left
from training.progress import Progress
from training.runs import Run
from viz.results import NotKept

AT_ONCE_S = 3.0  # a child process needs as long to start
Result = TypeVar("Result")


class TooLong(Exception):
    """The work would take longer than a page should."""


def answer(
    compute: Callable[..., Result],
    run: Run,
    arguments: Sequence[str],
    *,
    label: str,
    so_far: SoFar[Result] | None = None,
) -> Result:
    """The kept result; else what can be computed at once; else a job, and the page ends here.

    How long it takes is seen from its first steps, so that the same code is quick on a fast
    machine and patient on a slow one. Mining goes on in the job where the page stopped.

    Args:
        compute: Takes `only_kept` and `progress` as the functions of viz.results do.
        run: Whose result it is.
        arguments: Of `python -m viz` for the same result.
        label: What the work is, for people.
        so_far: Where a page can show what there is before the job has finished; see `go_on_with`.
    """
    job = Job(tuple(arguments))
    with st.spinner(plain(label)):
        try:
            return compute(only_kept=True)
        except NotKept:
            pass
        writable = can_keep(run)
        if not writable or job.status() is None:
            try:
                return compute(progress=_patience(label, AT_ONCE_S if writable else None))
            except TooLong:
                pass
    return wait_for(job, label) if so_far is None else go_on_with(job, label, so_far)


def can_keep(run: Run) -> bool:
    """Whether the run's folder takes what is worked out; else every look works it out anew."""
    return os.access(run.derived if run.derived.exists() else run.path, os.W_OK)


def _patience(label: str, limit_s: float | None) -> Progress:
    """Draws how far the work is; gives it up where it would last longer than the limit."""
    place = st.empty()
    first: tuple[float, int] | None = None  # when the work began, after weights were read, and at

    def tell(done: int, total: int) -> None:
        nonlocal first
        first = first or (time.monotonic(), done)
        elapsed, steps = time.monotonic() - first[0], done - first[1]
        expected = elapsed * (total - first[1]) / steps if steps else 0.0
        if limit_s is not None and max(elapsed, expected) > limit_s:
            place.empty()
            raise TooLong
        # drawing also lets a newer choice of the visitor end this run of the page
        if done < total:
            left = f" · {time_left(expected - elapsed)}" if steps else ""
            place.progress(done / total, text=f"{plain(label)}{left}")
        else:
            place.empty()

    return tell
