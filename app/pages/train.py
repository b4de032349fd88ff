"""Train: teach one."""

from __future__ import annotations

import time
from typing import Any

import pandas as pd
import streamlit as st

from app.jobs import job as jobs
from app.jobs.ask import ask
from app.shell import address, runs
from app.shell.errors import plain, readable
from app.shell.frame import STATES, chosen_run, go_to
from app.shell.paths import runs_root
from app.shell.training_progress import TrainingProgress
from app.views.curves import show_advice, show_curves
from app.views.filters import show_sheet
from app.views.train import DEFAULTS, checked, fit_flags, free_name, more_settings, understood
from app.widgets.layout import heading
from training.data import SOURCES
from training.errors import WorkbenchError
from training.models import MODELS
from training.runs import Run
from training.status import FINISHED, NO_MESSAGE, RUNNING
from viz.drawing.words import percent
from viz.filters import FiltersLook, FiltersQuery

LOOK_EVERY_S = 1.0
SHEET_PX = 320


def train() -> None:
    heading("Train", "A network learns in a process of its own; you can leave and come back.")
    _new_run()
    _starting()
    if (run := chosen_run()) is not None:
        _watch(run)
    _list()


def _new_run() -> None:
    with st.container(border=True):
        st.markdown("**A new run**")
        row = st.columns([2, 2, 3, 1, 1])
        model = row[0].selectbox("Network", list(MODELS), index=list(MODELS).index(DEFAULTS.model))
        name = row[1].text_input("Name", value=free_name("run"), max_chars=64, key="new name")
        data = row[2].text_input(
            "Data",
            value=DEFAULTS.data,
            help="builtin needs nothing. Or " + ", ".join(f"`{name}:PATH`" for name in SOURCES),
        )
        epochs = row[3].number_input("Epochs", 1, 10_000, DEFAULTS.epochs)
        seed = row[4].number_input("Seed", 0, 2**31 - 1, DEFAULTS.seed)
        settings = {"model": model, "data": data.strip(), "epochs": epochs, "seed": seed}
        with st.expander("More"):
            settings |= more_settings()
        if st.button("Start training", type="primary", icon=":material/play_arrow:"):
            _start(name.strip(), settings)


def _start(name: str, settings: dict[str, Any]) -> None:
    try:
        settings = understood(settings)
        checked(name, settings)
        jobs.train(fit_flags(settings), name=name)
    except WorkbenchError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    st.session_state["starting"] = name, time.time()


def _starting() -> None:
    """While a new run's process has not written its folder yet."""
    if "starting" in st.session_state:
        st.fragment(_until_there, run_every=0.3)()


@readable()
def _until_there() -> None:
    if "starting" not in st.session_state:
        return
    name, began = st.session_state["starting"]
    if (runs_root() / name / "run.json").exists():
        del st.session_state["starting"], st.session_state["new name"]
        address.write(run=name, epoch=None)
        st.rerun()
    if jobs.is_starting(name) or time.time() - began < 1:
        st.progress(min((time.time() - began) / 6, 0.95), text=f"{plain(name)} · starting")
    else:
        words = plain(jobs.training_log(name) or NO_MESSAGE)
        st.error(f"{plain(name)} could not be trained: {words}", icon=":material/error:")


def _watch(run: Run) -> None:
    st.subheader(plain(runs.name_of(run)), anchor=False)
    every = LOOK_EVERY_S if run.status().state == RUNNING else None
    st.fragment(_progress, run_every=every)(run)
    row = st.container(horizontal=True, gap="small")
    epochs = run.epochs
    if epochs:
        query = FiltersQuery(str(run.path), epochs[-1])
        side = ask(query).side(FiltersLook(scale="shared"))
        with row.container(width=SHEET_PX + 4):
            st.markdown(f"First filters, epoch {epochs[-1]}")
            if (channel := show_sheet(side, SHEET_PX, key="train filters")) is not None:
                go_to("filters", channel=channel)
    with row.container(width=764):
        show_curves(run)


@readable()
def _progress(run: Run) -> None:
    _state_and_button(run)
    show_advice(run)


def _state_and_button(run: Run) -> None:
    progress = TrainingProgress.of(run)
    words, button = st.columns([6, 1], vertical_alignment="center")
    if progress.status.state == RUNNING:
        words.progress(progress.share, text=progress.words)
        if button.button("Stop", key="stop", icon=":material/stop:", width="stretch"):
            jobs.stop_training(run.path)
        return
    why = f" · {plain(progress.status.message)}" if progress.status.message else ""
    words.markdown(f"{_state(run)}{why}")
    if not _can_go_on(run, progress):
        return
    if button.button("Resume", key="resume", icon=":material/play_arrow:", width="stretch"):
        jobs.train(["--resume"], name=runs.name_of(run))


def _can_go_on(run: Run, progress: TrainingProgress) -> bool:
    ended_early = progress.newest < progress.epochs and progress.status.state != FINISHED
    return ended_early and (run.path / "resume.pt").exists()


def _state(run: Run) -> str:
    return STATES.get(run.status().state, "finished")


def _list() -> None:
    there, broken = runs.there_are()
    if not there and not broken:
        return
    st.subheader("All runs", anchor=False)
    rows = [_row(run) for run in there]
    rows += [
        {"run": runs.name_of(run), "state": "cannot be opened", "why": run.reason} for run in broken
    ]
    table = pd.DataFrame(rows).fillna("")
    state = st.dataframe(
        table,
        hide_index=True,
        height="content",
        on_select="rerun",
        selection_mode="single-row",
        key="list of runs",
    )
    picked = state["selection"]["rows"]
    if picked and picked[0] < len(there):
        name = runs.name_of(there[picked[0]])
        if name != st.query_params.get("run"):
            address.write(run=name, epoch=None)
            st.rerun()


def _row(run: Run) -> dict[str, str]:
    progress = TrainingProgress.of(run)
    metrics = run.metrics()
    best = percent(float(metrics["val_top1"].max())) if len(metrics) else ""
    return {
        "run": runs.name_of(run),
        "state": progress.status.state,
        "epochs": f"{max(progress.newest, 0)} of {progress.epochs}",
        "best top-1 accuracy": best,
        "network": run.info.model,
        "data": run.data_name,
        "made": run.info.created[:16].replace("T", " "),
        "why": progress.status.message if progress.status.state != FINISHED else "",
    }


train()
