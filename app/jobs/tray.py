"""The tray in the sidebar: what is at work, how long still, and how to end it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.jobs import job as jobs
from app.jobs.job import Job
from app.shell import runs
from app.shell.errors import plain, readable
from app.shell.menu import PAGES
from app.shell.training_progress import TrainingProgress
from app.shell.words import time_left
from training.runs import Run
from training.status import RUNNING, STOPPED

LOOK_EVERY_S, GLANCE_EVERY_S = 1.0, 3.0
_CANCELLED = "cancelled in the tray"


def show_tray(there: Sequence[Run]) -> None:
    """Draw it, and draw it again while the page stands.

    Args:
        there: All runs; those in training are jobs, too.
    """
    every = LOOK_EVERY_S if _trainings(there) or jobs.running() else GLANCE_EVERY_S
    st.fragment(_tray, run_every=every)(there)


@readable()
def _tray(there: Sequence[Run]) -> None:
    trainings, others = _trainings(there), jobs.running()
    ended = st.session_state.pop(_CANCELLED, None)
    if not trainings and not others and not ended:
        return
    st.markdown("**Jobs**")
    for run in trainings:
        _training(run)
    for job in others:
        _job(job)
    if ended:
        st.caption(f"{plain(ended)} · {jobs.CANCELLED}")


def _trainings(there: Sequence[Run]) -> list[Run]:
    return [run for run in there if run.status().state == RUNNING]


def _training(run: Run) -> None:
    progress = TrainingProgress.of(run)
    name = runs.name_of(run)
    if _entry(f"Training {name}", progress.words, progress.share, "Stop", f"training {name}"):
        jobs.stop_training(run.path)


def _job(job: Job) -> None:
    status = job.status()
    if status is None or status.state == STOPPED:
        return
    share = status.done / status.total if status.total else 0.0
    left = status.seconds_left
    words = time_left(left) if left is not None else (status.message or "Starting")
    if _entry(_name(job), words, share, "Cancel", job.key):
        st.session_state[_CANCELLED] = _name(job)
        with st.spinner("Stopping"):
            job.cancel()
        st.rerun()


def _name(job: Job) -> str:
    """Occlusion of demo, epoch 3."""
    title, _ = PAGES.get(job.view.replace("-", "_"), (job.view.replace("-", " ").capitalize(), ""))
    run = job.arguments[1].rstrip("/").rsplit("/", 1)[-1]
    epoch = ""
    if "--epoch" in job.arguments[:-1]:
        epoch = f", epoch {job.arguments[job.arguments.index('--epoch') + 1]}"
    return f"{title} of {run}{epoch}"


def _entry(name: str, words: str, share: float, label: str, key: str) -> bool:
    """One job's name, bar and button; True where the button was just pressed."""
    st.progress(min(max(share, 0.0), 1.0), text=f"{plain(name)}  \n{plain(words)}")
    return st.button(label, key=f"tray {key}", type="tertiary", icon=":material/close:")
