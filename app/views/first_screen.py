"""What stands first on the Overview: the filters, while the first epoch lasts as they move."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from app.jobs.ask import ask
from app.shell.errors import readable
from app.shell.frame import Choice, go_to
from app.views.filters import show_sheet
from app.widgets.downloads import offer_side
from app.widgets.drawing import pointed_at
from app.widgets.sheets import tile_px
from training.errors import WorkbenchError
from training.runs import Run
from training.status import RUNNING
from viz.drawing.words import percent
from viz.filters import FiltersLook, FiltersQuery, first_layer
from viz.filters.figure import filters_pointing

GROW_EVERY_S = 0.5


def page_px() -> int:
    """Width of the page's main block, px."""
    return 1120


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
    if epoch == 0:
        return "Untrained: its filters are noise, and its answers are guesses."
    return f"The error after epoch {epoch} was not measured."


def show_first_filters(choice: Choice, width_px: int) -> None:
    """The first layer's filters to point at; a click leads to the page Filters.

    While the first epoch of a run lasts and it has early checkpoints, they are drawn as they come.
    """
    run = choice.run
    if choice.epoch == 0 and run.status().state == RUNNING:
        st.fragment(_growing, run_every=GROW_EVERY_S)(choice, width_px)
        return
    _still(choice, width_px)


@readable()
def _growing(choice: Choice, width_px: int) -> None:
    """The newest of the early checkpoints; the frame draws the page anew after the epoch."""
    run = choice.run
    early = run.early
    if not early:
        _still(choice, width_px)
        return
    layer = run.plan.convolutions[0]
    try:
        weight = run.weight(early[-1], f"{layer}.weight")
    except WorkbenchError:  # of a run that was begun anew meanwhile
        return
    filters = first_layer(weight)
    epochs = (run.info.training or {}).get("epochs")
    st.markdown(f"**First filters, epoch {early[-1]:.3g} of {epochs}** · growing")
    figure = filters_pointing(filters, tile_px=tile_px(len(filters.tiles), width_px))
    alt = f"The {len(filters.tiles)} filters of {layer} after {early[-1]:.3g} epochs"
    _lead_on(pointed_at(figure, key="overview filters", alt=alt))
    _reading()


def _still(choice: Choice, width_px: int) -> None:
    side = ask(FiltersQuery(str(choice.run.path), choice.epoch)).side(FiltersLook(scale="shared"))
    noise = " · untrained: pure noise" if choice.epoch == 0 else ""
    st.markdown(f"**First filters, epoch {choice.epoch}**{noise}")
    _lead_on(show_sheet(side, width_px, key="overview filters"))
    _reading()
    offer_side(side)


def _reading() -> None:
    st.caption("Each square is one filter: it wants what it shows; mid grey counts for nothing.")


def _lead_on(channel: Any) -> None:
    if channel is not None:
        go_to("filters", channel=channel)
