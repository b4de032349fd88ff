"""Train: teach one."""

from __future__ import annotations

import time
from functools import partial

import pandas as pd
import streamlit as st

from app.jobs import job as jobs
from app.shell import address, runs
from app.shell.errors import plain, readable
from app.shell.frame import chosen_run
from app.shell.training_progress import TrainingProgress
from app.views.train import checked, fit_flags, object_in
from app.views.train_form import Form, draw, form
from app.views.train_like import choose_like, leave_the_address, take_up_the_address
from app.views.train_settings import HELP, show_groups, show_json
from app.views.train_start import show_start, start_problem
from app.views.train_watch import show_progress, show_starting, show_what_it_learned
from app.widgets.layout import heading
from training.data import SOURCES
from training.differences import in_words
from training.errors import WorkbenchError
from training.models import MODELS
from training.runs import BrokenRun, Run
from training.status import FINISHED, RUNNING
from viz.drawing.words import percent

OWN = "the network's own choices"


def train() -> None:
    heading("Train", "A network learns in a process of its own; you can leave and come back.")
    there, broken = runs.there_are()
    chosen = chosen_run()
    show_starting()
    show_progress(chosen, there)
    st.fragment(readable()(_new_run))()
    if chosen is not None and chosen.status().state != RUNNING:
        st.subheader(f"What {plain(runs.name_of(chosen))} learned", anchor=False)
        show_what_it_learned(chosen)
    _list(there, broken)


def _new_run() -> None:
    new = take_up_the_address(form())
    with st.container(border=True):
        _first_row(new)
        _second_row(new)
        show_start(new)
        show_groups(new)
        _say_and_start(new)
        if not new.follows:
            show_json(new)


def _first_row(new: Form) -> None:
    row = st.columns([5, 4], vertical_alignment="bottom")
    by_name = {runs.name_of(run): run for run in runs.there_are()[0] if _was_trained(run)}
    with row[0]:
        draw(
            st.selectbox, "Like this run, but …", [OWN, *by_name], key="like",
            value=new.like if new.like in by_name else OWN,
            put=lambda name: choose_like(by_name.get(name)),
            help="Fills in everything from a run that was trained here; then change what you like.",
        )  # fmt: skip
    with row[1]:
        draw(
            st.text_input, "Name", key="name", value=new.name or new.suggested_name(), max_chars=64,
            put=lambda name: setattr(new, "name", name.strip() or None),
        )  # fmt: skip


def _second_row(new: Form) -> None:
    row = st.columns([3, 4, 1.4, 1.4])
    most = {"epochs": 1_000_000, "seed": 2**53 - 1}  # the latter: what a browser counts to
    with row[0]:
        draw(
            st.selectbox, "Network", list(MODELS), key="model", value=new.model, put=new.set_model,
            disabled=new.follows,
        )  # fmt: skip
    with row[1]:
        draw(
            st.text_input, "Data", key="data", value=new.settings["data"],
            put=lambda data: new.settings.update(data=data.strip()),
            help="builtin needs nothing. Or " + ", ".join(f"`{name}:PATH`" for name in SOURCES),
        )  # fmt: skip
    for place, name, low in ((row[2], "epochs", 1), (row[3], "seed", 0)):
        with place:
            draw(
                st.number_input, name.title(), low, most[name], key=name, value=new.settings[name],
                put=partial(new.settings.__setitem__, name), help=HELP[name],
            )  # fmt: skip


def _say_and_start(new: Form) -> None:
    problem = new.problem() or start_problem(new.settings)
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button("Start training", type="primary", icon=":material/play_arrow:")
        differ = in_words(new.changes())
        if new.like is not None:
            what = f"differs in {plain(differ)}" if differ else "nothing is changed yet"
            st.markdown(f"Like **{plain(new.like)}**: {what}.")
    if pressed:
        _start(new)
    elif problem is not None:
        st.error(plain(problem), icon=":material/error:")


def _start(new: Form) -> None:
    name = new.name or new.suggested_name()
    try:
        for what, text in new.typed.items():
            object_in(text, what)
        checked(name, new.settings)
        jobs.train(fit_flags(new.settings), name=name)
    except WorkbenchError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    st.session_state["starting"] = name, time.time()
    new.name, new.asked = None, ()
    leave_the_address()
    st.rerun()


def _was_trained(run: Run) -> bool:
    return run.info.training is not None and run.info.model in MODELS


def _list(there: list[Run], broken: list[BrokenRun]) -> None:
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
    lowest = percent(1 - float(metrics["val_top1"].max())) if len(metrics) else ""
    return {
        "run": runs.name_of(run),
        "state": progress.status.state,
        "epochs": f"{max(progress.newest, 0)} of {progress.epochs}",
        "lowest top-1 error": lowest,
        "network": run.info.model,
        "data": run.data_name,
        "made": run.info.created[:16].replace("T", " "),
        "why": progress.status.message if progress.status.state != FINISHED else "",
    }


train()
