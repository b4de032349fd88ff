"""What a page shows while its job is at work."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner import get_script_run_ctx

from app.jobs.job import Job, look
from app.shell.errors import plain, readable
from app.shell.words import time_left
from training.status import FINISHED, NO_MESSAGE, RUNNING, STOPPED, Status

LOOK_EVERY_S = 0.5
JUST_NOW_S = 20.0
_WAITING = "waiting for a job"
SoFar = Callable[[], tuple[list[Any], Any] | None]


def nothing_yet() -> None:
    """What there is so far of a result that is shown only when it is whole."""


def show_job(job: Job, label: str, so_far: SoFar = nothing_yet) -> list[Any]:
    """Start the job or find it again and draw its panel here; the page goes on.

    Args:
        job: Whose result the page needs.
        label: What the work is, for people.
        so_far: What there is, and how fine it is: any value that changes where it is worth drawing.

    Returns:
        What there is so far; the page runs again when there is more.
    """
    found = so_far()
    _watch(job, label, so_far, found and found[1])
    return found[0] if found else []


def _watch(job: Job, label: str, so_far: SoFar, shown: Any) -> None:
    session = _session()
    earlier = st.session_state.get(f"job {job.view}")
    look(job, session, earlier)
    st.session_state[f"job {job.view}"] = job
    st.session_state[_WAITING] = True
    status = job.status()
    if status is None or _deserves_another_go(job, status):
        job.start()
    st.fragment(_panel, run_every=LOOK_EVERY_S)(job, label, so_far, shown)


def is_waiting() -> bool:
    """Whether the page as it was last drawn still waits for its job."""
    return bool(st.session_state.get(_WAITING))


def begin() -> None:
    """A page is about to be drawn: whether it has to wait will be seen."""
    st.session_state[_WAITING] = False


def _deserves_another_go(job: Job, status: Status) -> bool:
    """Ended for no fault of its own, or finished long ago with its result gone since."""
    if status.state == STOPPED:
        return not job.was_cancelled
    return status.state == FINISHED and time.time() - status.updated > JUST_NOW_S


@readable()
def _panel(job: Job, label: str, so_far: SoFar, shown: Any) -> None:
    status = job.status() or Status(message="Starting")
    now = so_far()
    if now is not None and now[1] != shown:
        st.rerun()
    with st.container(border=True, key="job_panel" if status.state == RUNNING else None):
        if status.state == RUNNING:
            _progress(job, label, status)
        elif status.state == FINISHED and st.session_state.get("job done") != job.key:
            st.session_state["job done"] = job.key
            st.rerun()
        else:
            _ended(job, label, status)


def _progress(job: Job, label: str, status: Status) -> None:
    st.session_state.pop("job done", None)
    words, button = _words_and_button()
    share = status.done / status.total if status.total else 0.0
    words.progress(min(share, 1.0), text=f"**{plain(label)}** · {_stage(status, label)}")
    if button.button("Cancel", key=f"cancel-{job.key}"):
        with st.spinner("Stopping"):
            job.cancel()
        st.rerun()


def _words_and_button() -> tuple[DeltaGenerator, DeltaGenerator]:
    row = st.container(horizontal=True, gap="medium", vertical_alignment="center")
    return row.container(width="stretch"), row.container(width="content")


def _stage(status: Status, label: str) -> str:
    left = status.seconds_left
    if left is not None:
        return time_left(left)
    said = status.message
    return plain(said) if said and not label.startswith(said) else "Starting"


def _ended(job: Job, label: str, status: Status) -> None:
    words, button = _words_and_button()
    if status.state == STOPPED:
        cached = " What it has worked out so far is kept." if job.folder.exists() else ""
        words.markdown(f"**{plain(label)}** · {plain(status.message or 'Stopped.')}{cached}")
    elif status.state == FINISHED:
        words.error("It finished, but its result is not there. Can the run folder be written?")
    else:
        message = plain(status.message or NO_MESSAGE)
        words.error(f"{plain(label)}: {message}")
    if button.button("Try again", key=f"again-{job.key}"):
        st.session_state.pop("job done", None)
        job.start()
        st.rerun()


def _session() -> str:
    context = get_script_run_ctx()
    return context.session_id if context else ""
