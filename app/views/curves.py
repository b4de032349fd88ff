"""The curves of a run on a page, and what was said about its learning rate."""

from __future__ import annotations

from typing import Literal

import plotly.graph_objects as go
import streamlit as st

from app.shell.errors import plain, readable
from app.shell.lender import LENDER
from app.shell.window import is_dark
from app.widgets.downloads import offer_side
from training.overfitting import overfits_after
from training.runs import Run
from training.status import RUNNING
from viz.curves import CurvesQuery
from viz.curves.figure import curves_lines
from viz.curves.layers_figure import layers_lines
from viz.drawing.pointing import CONFIG
from viz.store.answer import Side, ask
from viz.store.query import Look

LOOK_EVERY_S = 2.0


def show_advice(run: Run) -> None:
    """What the first epoch told about the learning rate, if anything."""
    if advice := run.advice():
        st.warning(plain(advice), icon=":material/speed:")


def show_curves(run: Run, *, height: int = 320, stacked: bool = False, layers: bool = True) -> None:
    """Loss and error by epoch and what the layers do, with downloads; they grow by themselves.

    Nothing before the first epoch.

    Args:
        run: Whose.
        height: Of the figure, px.
        stacked: Loss above error, for a narrow column.
        layers: Whether those of the layers follow here, else where `show_layers` is called.
    """
    st.fragment(_curves, run_every=_every(run))(run, height, stacked, layers)


def show_layers(run: Run) -> None:
    """What the layers do, folded."""
    st.fragment(_layers, run_every=_every(run))(run)


def _every(run: Run) -> float | None:
    return LOOK_EVERY_S if run.status().state == RUNNING else None


@readable()
def _curves(run: Run, height: int, stacked: bool, layers: bool) -> None:
    metrics = run.metrics()
    if metrics.empty:
        return
    epochs = int((run.info.training or {}).get("epochs", len(metrics)))
    best = overfits_after(metrics)
    _draw(
        curves_lines(metrics, epochs=epochs, dark=is_dark(), height=height, stacked=stacked),
        f"Loss and error over {len(metrics)} epochs"
        + (f"; it overfits after epoch {best}" if best else ""),
        key=f"curves {run.path}",
    )
    offer_side(_asked(run, "run"))
    if layers:
        _layers(run)


@readable()
def _layers(run: Run) -> None:
    metrics, layers = run.metrics(), run.layers()
    if layers.empty:
        return
    epochs = int((run.info.training or {}).get("epochs", len(metrics)))
    with st.expander("What the layers do"):
        st.caption(
            "How far a step moves the weights of each layer, as a share of their norm, means over "
            "some twenty steps of each epoch. A unit is dead that was at zero, everywhere in its "
            "map, for each of the first 128 validation images."
        )
        _draw(
            layers_lines(metrics, layers, epochs=epochs, dark=is_dark()),
            f"Update ratios, dead units, norms, rate and speed over {len(metrics)} epochs",
            key=f"layers {run.path}",
        )
        offer_side(_asked(run, "layers"), f"{run.name}-layers")


def _asked(run: Run, of: Literal["run", "layers"]) -> Side:
    """The tables as they are now, for the files."""
    return ask(CurvesQuery(str(run.path), of=of), Look(), LENDER)


def _draw(figure: go.Figure, alt: str, *, key: str) -> None:
    st.plotly_chart(
        figure, width="stretch", theme=None, config=CONFIG | {"responsive": True}, key=key, alt=alt
    )
