"""The curves of a run on a page, and what was said about its learning rate."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from app.shell.errors import plain, readable
from app.widgets.downloads import offer
from app.widgets.drawing import is_dark
from training.overfitting import overfits_after
from training.runs import Run
from training.status import RUNNING
from viz.curves import arrays_of
from viz.curves.figure import curves_figure, curves_lines
from viz.curves.layers_figure import layers_figure, layers_lines
from viz.drawing.pointing import CONFIG
from viz.store.export import command_line, how_made

LOOK_EVERY_S = 2.0


def show_advice(run: Run) -> None:
    """What the first epoch told about the learning rate, if anything."""
    if advice := run.advice():
        st.warning(plain(advice), icon=":material/speed:")


def show_curves(run: Run) -> None:
    """Loss and error by epoch and what the layers do, with downloads; they grow by themselves.

    Nothing before the first epoch.
    """
    every = LOOK_EVERY_S if run.status().state == RUNNING else None
    st.fragment(_curves, run_every=every)(run)


@readable()
def _curves(run: Run) -> None:
    metrics = run.metrics()
    if metrics.empty:
        return
    epochs = int((run.info.training or {}).get("epochs", len(metrics)))
    best = overfits_after(metrics)
    _draw(
        curves_lines(metrics, epochs=epochs, dark=is_dark()),
        f"Loss and error over {len(metrics)} epochs"
        + (f"; it overfits after epoch {best}" if best else ""),
        key=f"curves {run.path}",
    )
    offer(
        lambda: curves_figure(metrics),
        lambda: {str(name): metrics[name].to_numpy() for name in metrics},
        name=f"{run.name}-curves",
        made=how_made("curves", run, of="run", trained=len(metrics)),
        shell=command_line("curves", run.path, out="curves.svg"),
        python=PYTHON.format(path=run.path),
    )
    _layers(run, epochs)


def _layers(run: Run, epochs: int) -> None:
    metrics, layers = run.metrics(), run.layers()
    if layers.empty:
        return
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
        offer(
            lambda: layers_figure(metrics, layers),
            lambda: arrays_of(layers),
            name=f"{run.name}-layers",
            made=how_made("curves", run, of="layers", trained=len(metrics)),
            shell=command_line("curves", run.path, of="layers", out="layers.svg"),
            python=LAYERS_PYTHON.format(path=run.path),
        )


def _draw(figure: go.Figure, alt: str, *, key: str) -> None:
    st.plotly_chart(
        figure, width="stretch", theme=None, config=CONFIG | {"responsive": True}, key=key, alt=alt
    )


PYTHON = """\
from training.runs import Run
from viz.curves.figure import curves_figure

figure = curves_figure(Run.open("{path}").metrics())"""

LAYERS_PYTHON = """\
from training.runs import Run
from viz.curves.layers_figure import layers_figure

run = Run.open("{path}")
figure = layers_figure(run.metrics(), run.layers())"""
