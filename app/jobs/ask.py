"""Answers on a page: loaded, or computed at once where that is quick, or left to a job."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import Any, Generic

import streamlit as st

from app.jobs.job import Job
from app.jobs.panel import show_job
from app.shell.errors import plain
from app.shell.lender import LENDER
from app.shell.words import time_left
from training.progress import Progress
from training.runs import Run
from viz.store.answer import CacheMiss, Side, answers_of_parts, so_far
from viz.store.lend import Opened
from viz.store.lines import arguments
from viz.store.query import Asked, Resumable

AT_ONCE_S = 3.0  # a child process needs as long to start


_REPLIES = "replies of this page"


class TooLong(Exception):
    """The work would take longer than a page should."""


@dataclass(frozen=True)
class Reply(Generic[Asked]):
    """What a page can show of an answer now: all of it, or as far as a job has come.

    While a job is at work its panel stands where the answer was asked for, and the page goes on.
    """

    opened: Opened
    asked: Asked  # not resolved
    query: Asked  # resolved
    parts: list[Any]  # the answers of the question's first parts, the last one maybe coarse
    whole: bool

    def __post_init__(self) -> None:
        replies = st.session_state.get(_REPLIES)
        if replies is not None:
            replies.append(self)

    @property
    def answer(self) -> Any:
        """The answer as far as it goes; None where there is nothing to show yet."""
        if len(self.parts) < len(self.query.parts()):
            return None
        return self.query.join(self.parts)

    def side(self, look: Any) -> Side[Asked]:
        """What there is to see of it, as figures and downloads take it."""
        shown = self.query.show(self.opened, self.query.join(self.parts), look)
        return Side(self.opened, self.query, shown, self.asked.notices(self.opened, look))


def ask(query: Asked, message: str | None = None) -> Reply[Asked]:
    """The cached answer; else what can be computed at once; else a job whose panel stands here.

    How long it takes is seen from its first steps, so that the same code is quick on a fast
    machine and patient on a slow one. Resumable work goes on in the job where the page stopped.

    Args:
        query: The question; the job asks the same one.
        message: What the work is, for people; the view's own words if not given.
    """
    message = message or query.message
    opened, asked = Opened.for_query(query, LENDER), query
    query = query.resolved(opened)
    job = Job(tuple(arguments(query)))

    with st.spinner(plain(message)):
        try:
            return Reply(
                opened, asked, query, answers_of_parts(query, opened, cached_only=True), True
            )
        except CacheMiss:
            pass
        writable = can_cache(opened.run)
        if not writable or job.status() is None:
            progress = _progress_or_give_up(message, AT_ONCE_S if writable else None)
            try:
                found = answers_of_parts(query, opened, progress=progress)
                return Reply(opened, asked, query, found, whole=True)
            except TooLong:
                pass

    def state() -> tuple[list[Any], list[int]] | None:
        found = so_far(query, opened)
        grains = [
            part.grain(one) if isinstance(part, Resumable) else 1
            for part, one in zip(query.parts(), found, strict=False)
        ]
        return (found, grains) if found else None

    return Reply(opened, asked, query, show_job(job, message, state), whole=False)


def ask_cached(query: Asked) -> Reply[Asked] | None:
    """The cached answer; None where it is not cached and would have to be computed."""
    opened, asked = Opened.for_query(query, LENDER), query
    query = query.resolved(opened)
    try:
        return Reply(
            opened, asked, query, answers_of_parts(query, opened, cached_only=True), whole=True
        )
    except CacheMiss:
        return None


def ask_on_click(query: Asked, label: str, **button: Any) -> Reply[Asked] | None:
    """The cached answer; else a button, and what its click asks for.

    Args:
        query: The question.
        label: Of the button.
        **button: Its icon, help and so on.
    """
    known = ask_cached(query)
    if known is None and not st.button(label, **button):
        return None
    return known or ask(query)


def collect_replies() -> None:
    """From here on until `collected_replies`, remember what the page is answered."""
    st.session_state[_REPLIES] = []


def collected_replies() -> list[Reply[Any]]:
    """What it was answered, in order; nothing is kept longer than for a run of the page."""
    found: list[Reply[Any]] = st.session_state.pop(_REPLIES, [])
    return found


def can_cache(run: Run) -> bool:
    """Whether the run's folder takes what is worked out; else every look works it out anew."""
    return os.access(run.derived if run.derived.exists() else run.path, os.W_OK)


def _progress_or_give_up(label: str, limit_s: float | None) -> Progress:
    """Draws how far the work is; gives it up where it would last longer than the limit."""
    place = st.empty()
    first: tuple[float, int] | None = None  # when the work began, after weights were read, and at

    def progress(done: int, total: int) -> None:
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

    return progress
