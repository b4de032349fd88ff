"""The curves of a run on a page."""

from __future__ import annotations

from io import StringIO

import pandas as pd
import streamlit as st

from app.downloads import offer
from app.drawing import is_dark, png_of, show_png
from training.runs import Run
from viz.figures.curves import curves_figure
from viz.figures.style import DPI


def show_curves(run: Run) -> None:
    """Loss and error by epoch, with downloads; nothing before the first epoch."""
    metrics = run.metrics()
    if metrics.empty:
        return
    epochs = int(run.config.get("training", {}).get("epochs", len(metrics)))
    png, width = _png(metrics.to_csv(index=False), epochs, is_dark())
    show_png(png, width, alt=f"Loss and error over {len(metrics)} epochs")
    offer(
        lambda: curves_figure(metrics),
        lambda: {str(name): metrics[name].to_numpy() for name in metrics},
        name=f"{run.name}-curves",
        made={"view": "curves", "run": run.name},
        shell=f"cat {run.path}/metrics.csv",
        python=PYTHON.format(path=run.path),
    )


PYTHON = """\
from training.runs import Run
from viz.figures.curves import curves_figure

figure = curves_figure(Run.open("{path}").metrics())"""


@st.cache_data(max_entries=32, show_spinner=False)
def _png(table: str, epochs: int, dark: bool) -> tuple[bytes, int]:
    """The picture and its width, drawn once an epoch for all visitors."""
    figure = curves_figure(pd.read_csv(StringIO(table)), epochs=epochs)
    return png_of(figure, dark=dark), round(figure.get_figwidth() * DPI)
