"""Train: teach one."""

from __future__ import annotations

import time
from typing import Any, get_args, get_type_hints

import pandas as pd
import streamlit as st

from app import address, jobs, runs
from app.curves import show_advice, show_curves
from app.drawing import pointed_at
from app.errors import plain, readable
from app.frame import STATES, chosen_run, go_to
from app.panes import heading
from app.places import runs_root
from app.recipes import checked, fit_flags, free_name, object_in
from app.sheets import tile_px
from app.training_progress import TrainingProgress
from app.words import percent
from training.config import FitConfig
from training.data import SOURCES
from training.errors import WorkbenchError
from training.models import MODELS
from training.runs import Run
from training.status import FINISHED, RUNNING
from viz.figures.filters import filters_pointing
from viz.filters import first_layer
from viz.results import blueprint

LOOK_EVERY_S = 1.0
SHEET_PX = 320
DEFAULTS = FitConfig()
HINTS = get_type_hints(FitConfig)
TYPED = ("options", "multipliers")  # as JSON


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
            settings |= _more()
        if st.button("Start training", type="primary", icon=":material/play_arrow:"):
            _start(name.strip(), settings)


def _more() -> dict[str, Any]:
    first, second, third = st.columns(3)
    sizes = {
        "image_size": first.number_input("Input (px)", 16, 512, None, placeholder="the network's"),
        "resize": second.number_input("Store images at (px)", 16, 1024, None, placeholder="auto"),
        "crop_padding": third.number_input("Crop border (px)", 0, 64, None, placeholder="auto"),
    }
    first, second, third = st.columns(3)
    speeds = {
        "batch_size": first.number_input("Batch size", 1, 4096, DEFAULTS.batch_size),
        "lr": second.number_input(
            "Learning rate", 0.0, 10.0, None, format="%g", placeholder="the network's"
        ),
        "schedule": third.selectbox("Schedule", get_args(HINTS["schedule"])),
    }
    first, second, third = st.columns(3)
    steps = {
        "momentum": first.number_input("Momentum", 0.0, 0.999, DEFAULTS.momentum, format="%g"),
        "weight_decay": second.number_input(
            "Weight decay", 0.0, 1.0, DEFAULTS.weight_decay, format="%g"
        ),
        "warmup": third.number_input("Warm-up (epochs)", 0.0, 100.0, DEFAULTS.warmup, format="%g"),
    }
    first, second, third = st.columns(3, vertical_alignment="bottom")
    rest = {
        "patience": first.number_input("Patience (plateau)", 1, 100, DEFAULTS.patience),
        "precision": second.selectbox("Arithmetic", get_args(HINTS["precision"])),
        "flip": third.checkbox("Mirror half of the images", DEFAULTS.flip),
    }
    first, second, third = st.columns(3)
    images = {
        "mean": first.selectbox("Subtract the mean", get_args(HINTS["mean"])),
        "color": second.number_input("Colour noise (σ)", 0.0, 10.0, DEFAULTS.color, format="%g"),
        "scale": third.number_input(
            "Least area of a resized crop", 0.01, 1.0, DEFAULTS.scale, format="%g"
        ),
    }
    first, second, third = st.columns(3)
    rules = {
        "update": first.selectbox("Update rule", get_args(HINTS["update"])),
        "label_smoothing": second.number_input(
            "Label smoothing", 0.0, 0.99, DEFAULTS.label_smoothing, format="%g"
        ),
        "average": third.number_input(
            "Averaging of weights", 0.0, 0.99999, DEFAULTS.average, format="%g"
        ),
    }
    first, second, third = st.columns(3)
    others = {
        "distort": first.number_input(
            "Distortion of digits", 0.0, 10.0, DEFAULTS.distort, format="%g"
        ),
        "stop_at_train_error": second.number_input(
            "End at a training error of", 0.0, 1.0, None, format="%g", placeholder="never"
        ),
        "log": third.selectbox("Event files", get_args(HINTS["log"])),
    }
    first, second = st.columns([2, 1])
    typed = {
        "options": first.text_input(
            "Options of the network",
            placeholder='{"lrn": [], "pooling": "average"}',
            help="As JSON. `python -m training fit --help` and docs/training.md name them.",
        ),
        "multipliers": second.text_input(
            "Multipliers of rate and decay",
            placeholder='{"*.bias": [2, 0]}',
            help="As JSON, by pattern of parameter names.",
        ),
    }
    return sizes | speeds | steps | rest | images | rules | others | typed


def _start(name: str, settings: dict[str, Any]) -> None:
    try:
        settings = settings | {name: object_in(settings[name], name) for name in TYPED}
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
        words = plain(jobs.training_log(name) or "It ended without a word.")
        st.error(f"{plain(name)} could not be trained: {words}", icon=":material/error:")


def _watch(run: Run) -> None:
    st.subheader(plain(runs.name_of(run)), anchor=False)
    every = LOOK_EVERY_S if run.status().state == RUNNING else None
    st.fragment(_progress, run_every=every)(run)
    row = st.container(horizontal=True, gap="small")
    epochs = run.epochs
    if epochs:
        layer = blueprint(run).convolutions[0]
        filters = first_layer(run.weight(epochs[-1], f"{layer}.weight"))
        with row.container(width=SHEET_PX + 4):
            st.markdown(f"First filters, epoch {epochs[-1]}")
            figure = filters_pointing(filters, tile_px=tile_px(len(filters.tiles), SHEET_PX))
            alt = f"The filters of {layer} after epoch {epochs[-1]}"
            if (channel := pointed_at(figure, key="train filters", alt=alt)) is not None:
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
        "best top-1": best,
        "network": run.config["model"],
        "data": run.data_name,
        "made": run.config.get("created", "")[:16].replace("T", " "),
        "why": progress.status.message if progress.status.state != FINISHED else "",
    }


train()
