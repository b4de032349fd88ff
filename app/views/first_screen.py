"""What stands first on the Overview: the filters, while the first epoch lasts as they move."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from app.jobs.ask import ask
from app.shell.errors import plain, readable
from app.shell.first_visit import offer_while_it_learns
from app.shell.frame import Choice, go_to
from app.views.filters import show_sheet
from app.widgets.downloads import offer_side
from app.widgets.drawing import pointed_at
from training.checkpoints import CheckpointError
from training.runs import Run
from training.status import RUNNING
from viz.drawing.words import percent
from viz.filters import FiltersLook, FiltersQuery, first_layer
from viz.filters.figure import filters_pointing

GROW_EVERY_S = 0.5
YOUNG = 3  # up to this epoch, filters that have begun as noise still look like it


def answer_in_words(run: Run, epoch: int, metrics: pd.DataFrame) -> str:
    """How good the network is after an epoch, in one sentence."""
    found = metrics[metrics["epoch"] == epoch]
    if not found.empty:
        top1 = float(found["val_top1"].iloc[-1])
        return (
            f"Classifies {percent(top1, 0)} of the validation images correctly after epoch "
            f"{epoch}; error {percent(1 - top1, 0)}."
        )
    if run.info.training is None:
        return "Trained elsewhere: its error here is not measured yet."
    if epoch == 0 and run.info.origin is not None:
        return f"Not trained here yet: it has the weights of {run.info.origin.words}."
    if epoch == 0 and run.status().state == RUNNING:
        return "Just begun: its filters are noise still, and its answers are guesses."
    if epoch == 0:
        return "Untrained: its filters are noise, and its answers are guesses."
    return f"The error after epoch {epoch} was not measured."


def is_growing(choice: Choice) -> bool:
    """Whether the newest weights of a run in its first epochs are looked at."""
    epochs = choice.run.epochs
    young = epochs[0] == 0 and choice.epoch == epochs[-1] <= YOUNG
    return young and choice.run.status().state == RUNNING


def show_growing(choice: Choice, left_px: int, right_px: int) -> None:
    """The filters as they come, by early checkpoints too, beside what training has changed in them.

    The first steps are small beside the noise that filters begin with: the change alone shows them.
    """
    st.fragment(_growing, run_every=GROW_EVERY_S)(choice, left_px, right_px)


@readable()
def _growing(choice: Choice, left_px: int, right_px: int) -> None:
    run = choice.run
    early = run.early if choice.epoch == 0 else []
    row = st.container(horizontal=True, gap="medium")
    left, right = row.container(width=left_px), row.container(width=right_px)
    try:
        with left:
            if early:
                _moved(run, early[-1], left_px)
            else:
                show_first_filters(choice, left_px - 4)
        with right:
            if early or choice.epoch:
                _change(run, early[-1] if early else choice.epoch, right_px)
            offer_while_it_learns(run.name)
    except CheckpointError:
        st.rerun()  # the run was begun anew meanwhile


def _moved(run: Run, epoch: float, width_px: int) -> None:
    layer = run.plan.convolutions[0]
    filters = first_layer(run.weight(epoch, f"{layer}.weight"))
    epochs = (run.info.training or {}).get("epochs")
    st.markdown(f"**First filters, epoch {epoch:.3g} of {epochs}** · growing")
    figure = filters_pointing(filters, width_px=width_px)
    alt = f"The {len(filters.tiles)} filters of {layer} after {epoch:.3g} epochs"
    _lead_on(pointed_at(figure, key="overview filters", alt=alt))
    _reading()


def _change(run: Run, epoch: float, width_px: int) -> None:
    """What training has added to the untrained filters, on a scale of its own."""
    name = f"{run.plan.convolutions[0]}.weight"
    before = run.weight(0, name)
    change = run.weight(epoch, name) - before
    share = float(change.norm() / before.norm())
    st.markdown("**What they have learnt so far**")
    filters = first_layer(change)
    figure = filters_pointing(filters, width_px=width_px)
    alt = f"What the {len(filters.tiles)} filters have changed by at epoch {epoch:.3g}"
    _lead_on(pointed_at(figure, key="overview change", alt=alt))
    st.caption(
        f"The same filters less those of epoch 0: a change of {percent(share, 0)} of their "
        "length, on a scale of its own."
    )


def show_first_filters(choice: Choice, width_px: int) -> None:
    """The first layer's filters to point at; a click leads to the page Filters."""
    side = ask(FiltersQuery(str(choice.run.path), choice.epoch)).side(FiltersLook())
    origin = choice.run.info.origin
    begun = f"those of {origin.words}" if origin else "untrained: pure noise"
    said = f" · {plain(begun)}" if choice.epoch == 0 else ""
    st.markdown(f"**First filters, epoch {choice.epoch}**{said}")
    _lead_on(show_sheet(side, width_px, key="overview filters"))
    _reading()
    offer_side(side)


def _reading() -> None:
    st.caption("Each square is one filter: it wants what it shows; mid grey counts for nothing.")


def _lead_on(channel: Any) -> None:
    if channel is not None:
        go_to("filters", channel=channel)
