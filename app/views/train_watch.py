"""What trains, as the page Train shows it: how far, how long still, curves and filters."""

from __future__ import annotations

import time

import streamlit as st

from app.jobs import job as jobs
from app.jobs.ask import ask
from app.shell import address, runs
from app.shell.errors import plain, readable
from app.shell.frame import STATES, go_to
from app.shell.paths import runs_root
from app.shell.training_progress import TrainingProgress
from app.views.curves import show_advice, show_curves
from app.views.filters import show_sheet
from training.differences import between, in_words, variants_of
from training.runs import Run
from training.status import FINISHED, NO_MESSAGE, RUNNING
from viz.drawing.words import percent
from viz.filters import FiltersLook, FiltersQuery

LOOK_EVERY_S = 1.0
SHEET_PX = 320


def show_starting() -> None:
    """While a new run's process has not written its folder yet."""
    if "starting" in st.session_state:
        st.fragment(_until_there, run_every=0.3)()


@readable()
def _until_there() -> None:
    if "starting" not in st.session_state:
        return
    name, began = st.session_state["starting"]
    if (runs_root() / name / "run.json").exists():
        del st.session_state["starting"]
        address.write(run=name, epoch=None)
        st.rerun()
    if jobs.is_starting(name) or time.time() - began < 1:
        st.progress(min((time.time() - began) / 6, 0.95), text=f"{plain(name)} · starting")
    else:
        words = plain(jobs.training_log(name) or NO_MESSAGE)
        st.error(f"{plain(name)} could not be trained: {words}", icon=":material/error:")


def show_progress(chosen: Run | None, there: list[Run]) -> None:
    """A line for each run that trains, with its curves and filters for the chosen one."""
    training = [run for run in there if run.status().state == RUNNING]
    others = [run for run in training if chosen is None or run.path != chosen.path]
    if chosen is not None:
        _state(chosen)
        if chosen in training:
            show_what_it_learned(chosen)
        else:
            _lead_on(chosen, there)
    for run in others:
        _state(run)


def _state(run: Run) -> None:
    every = LOOK_EVERY_S if run.status().state == RUNNING else None
    st.fragment(_one, run_every=every)(run)


@readable()
def _one(run: Run) -> None:
    name = runs.name_of(run)
    progress = TrainingProgress.of(run)
    words, button = st.columns([6, 1], vertical_alignment="center")
    if progress.status.state == RUNNING:
        words.progress(progress.share, text=f"**{plain(name)}** · {progress.words}")
        if button.button("Stop", key=f"stop {name}", icon=":material/stop:", width="stretch"):
            jobs.stop_training(run.path)
        show_advice(run)
        return
    state = STATES.get(progress.status.state, "finished")
    why = f" · {plain(progress.status.message)}" if progress.status.message else ""
    words.markdown(f"**{plain(name)}** · {state}{_error(run)}{why}")
    show_advice(run)
    if not _can_go_on(run, progress):
        return
    if button.button("Resume", key=f"resume {name}", icon=":material/play_arrow:", width="stretch"):
        jobs.train(["--resume"], name=name)


def _can_go_on(run: Run, progress: TrainingProgress) -> bool:
    ended_early = progress.newest < progress.epochs and progress.status.state != FINISHED
    return ended_early and (run.path / "resume.pt").exists()


def _error(run: Run) -> str:
    """Its last top-1 error, and after how many epochs."""
    epoch = run.epochs[-1] if run.epochs else 0
    error = run.top1_error(epoch)
    return "" if error is None else f" · top-1 error {percent(error)} after epoch {epoch}"


def _lead_on(run: Run, there: list[Run]) -> None:
    """From a run that has ended to the comparison with the one that differs least from it."""
    variants = [other for other in variants_of(run, there) if other.epochs]
    if not run.epochs or not variants:
        return
    other = variants[0]
    name = runs.name_of(other)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(f"Diagnose beside {name}", icon=":material/stethoscope:", type="primary"):
            go_to("diagnosis", epoch=run.epochs[-1], beside=name, beside_epoch=other.epochs[-1])
        st.caption(f"Differs from {plain(name)} in {plain(in_words(between(other, run)))}.")


def show_what_it_learned(run: Run) -> None:
    """The first filters of the newest epoch beside the curves."""
    row = st.container(horizontal=True, gap="small")
    if epochs := run.epochs:
        query = FiltersQuery(str(run.path), epochs[-1])
        side = ask(query).side(FiltersLook())
        with row.container(width=SHEET_PX + 4):
            st.markdown(f"First filters, epoch {epochs[-1]}")
            if (channel := show_sheet(side, SHEET_PX, key="train filters")) is not None:
                go_to("filters", channel=channel)
    with row.container(width=764):
        show_curves(run)
