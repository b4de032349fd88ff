"""Start from: another run's weights in the form of the page Train, and which layers stay frozen."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st
import torch

from app.shell import runs
from app.shell.errors import plain
from app.views.train_form import Form, draw
from training.config import FitConfig
from training.errors import WorkbenchError
from training.layer_ranges import frozen_layers
from training.models import MODELS, create
from training.runs import Run
from training.transfer import Start, new_layers

RANDOM = "random weights"
EXAMPLE = "such as conv1..conv3, or all"


def show_start(form: Form) -> None:
    """The row of the form that says what its weights begin as."""
    by_name = {runs.name_of(run): run for run in runs.there_are()[0] if _can_start(run)}
    name, epoch = _chosen(form, by_name)
    row = st.columns([5, 2, 4], vertical_alignment="bottom")
    with row[0]:
        draw(
            st.selectbox, "Start from", [RANDOM, *by_name], key="start", value=name or RANDOM,
            put=lambda name: start_from(form, by_name.get(name)),
            help="A run whose weights are taken over, but for the last layer, which is new. "
            "Network, input and preprocessing follow it.",
        )  # fmt: skip
    with row[1]:
        epochs = by_name[name].epochs if name else [0]
        draw(
            st.selectbox, "Epoch", epochs, key=f"start epoch {name}", disabled=name is None,
            value=epoch, put=lambda epoch: start_from(form, by_name.get(name or ""), epoch),
        )  # fmt: skip
    with row[2]:
        draw(
            st.text_input, "Freeze", key="freeze", value=form.settings["freeze"],
            placeholder=EXAMPLE, put=lambda words: form.settings.update(freeze=words.strip()),
            help="Layers that do not learn: a range in the network's order, names with commas "
            "between, or all for every layer but the last.",
        )  # fmt: skip
    if name:
        st.caption(
            f"Network, input and preprocessing are those of {plain(name)}; its last layer is made "
            "anew for the classes of the data."
        )


def start_from(form: Form, run: Run | None, epoch: int | None = None) -> None:
    """Fill the form with what a run decides that is started from; with nothing for none."""
    if run is None:
        form.settings["start_from"] = None
        return
    start = Start(run, run.epochs[-1] if epoch is None else epoch)
    form.settings |= {"start_from": f"{run.path}@{start.epoch}", **start.settings}


def start_problem(settings: Mapping[str, object]) -> str | None:
    """Why a run cannot start so; None where it can."""
    try:
        config = FitConfig(**settings)  # type: ignore[arg-type]
        if config.start_from is not None:
            start = Start.open(config.start_from)
            start.check(settings)
            network, new = start.run.plan, new_layers(start.run.plan)
        elif config.freeze:
            with torch.device("meta"):
                network = create(config.model, 10, **config.model_options)
            new = (network.head, *network.auxiliary)
        else:
            return None
        frozen_layers(config.freeze, network, new)
    except WorkbenchError as error:
        return str(error)
    return None


def _can_start(run: Run) -> bool:
    return run.info.model in MODELS and bool(run.epochs)


def _chosen(form: Form, by_name: Mapping[str, Run]) -> tuple[str | None, int]:
    """The run and epoch that the form names, where they are among those there are."""
    words = form.settings["start_from"] or ""
    place, _at, number = words.rpartition("@")
    for name, run in by_name.items():
        if place == str(run.path) and number.isdecimal() and int(number) in run.epochs:
            return name, int(number)
    return None, 0
