"""What training does to the layers: how far a step moves them, and how many units are dead."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from plotly.subplots import make_subplots

from viz.curves.figure import finish
from viz.drawing.colours import class_colour
from viz.drawing.lines import FEW, add_line, dress_lines, log_ticks
from viz.drawing.style import DPI, INK, PAPER, QUIET, SMALL_PT, head

MOST = 12  # layers with a name of their own in a legend; there is no room for more


@dataclass(frozen=True)
class Panel:
    """One set of curves over the epochs."""

    column: str  # of layers.csv, or of metrics.csv
    title: str
    shown: str  # how plotly writes a value
    is_log: bool = False
    is_share: bool = False
    by_layer: bool = True


PANELS = (
    Panel("update_ratio", "update ÷ weight, a step", ":.2%}", is_log=True),
    Panel("dead", "share of dead units", ":.1%}", is_share=True),
    Panel("gradient_norm", "norm of the gradient", ":.3g}", is_log=True),
    Panel("weight_norm", "norm of the weights", ":.3g}", is_log=True),
    Panel("lr", "learning rate, at the end of the epoch", ":.3g}", by_layer=False),
    Panel("images_per_s", "images/s in training", ":,.0f}", by_layer=False),
)


def layers_figure(
    metrics: pd.DataFrame, layers: pd.DataFrame, *, epochs: int | None = None
) -> Figure:
    """Six panels over the epochs; a line a layer, by colour, in all panels.

    Args:
        metrics: A row an epoch, with the columns of a run's metrics.csv.
        layers: A row an epoch and layer, with the columns of a run's layers.csv.
        epochs: Of the whole run, so that its curves grow into the picture.
    """
    figure = Figure(figsize=(7.6, 6.6), dpi=DPI, layout="constrained", facecolor=PAPER)
    for panel, ax in zip(PANELS, figure.subplots(3, 2).flat, strict=True):
        draw_panel(ax, panel, metrics, layers)
        ax.set_xlim(0.5, max(epochs or len(metrics), 2) + 0.5)
    return figure


def draw_panel(ax: Axes, panel: Panel, metrics: pd.DataFrame, layers: pd.DataFrame) -> None:
    """The lines of one panel, with a legend where there are few."""
    head(ax, panel.title)
    lines = _lines(panel, metrics, layers)
    dots: dict[str, Any] = {"marker": "o" if len(metrics) <= FEW else "", "markersize": 2.5}
    for place, (name, line) in enumerate(lines):
        colour = class_colour(place) if panel.by_layer else QUIET
        label = name if len(lines) <= MOST else None
        ax.plot(line["epoch"], line[panel.column], label=label, color=colour, linewidth=1.3, **dots)
    finish(ax, legend=False)
    if panel.is_log and lines:
        ax.set_yscale("log")
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.yaxis.set_minor_formatter(NullFormatter())
    elif not panel.is_share:
        ax.set_ylim(bottom=0)
    if panel.is_share:
        ax.set_ylim(-0.01, 1)
    unit = 100 if panel.shown.endswith("%}") else 1
    sign = "%" if unit == 100 else ""
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _at: f"{unit * value:.6g}{sign}"))
    if panel.by_layer and 0 < len(lines) <= MOST:
        ax.legend(
            loc="center left",
            bbox_to_anchor=(1.0, 0.5),
            borderaxespad=0.2,
            frameon=False,
            fontsize=SMALL_PT - 0.5,
            labelcolor=INK,
        )


def layers_lines(
    metrics: pd.DataFrame,
    layers: pd.DataFrame,
    *,
    epochs: int | None = None,
    dark: bool = False,
) -> go.Figure:
    """The same to point at.

    Args:
        metrics: As for `layers_figure`.
        layers: As for `layers_figure`.
        epochs: As for `layers_figure`.
        dark: For a dark page.
    """
    figure = make_subplots(rows=3, cols=2, horizontal_spacing=0.2, vertical_spacing=0.12)
    for number, panel in enumerate(PANELS):
        lines = _lines(panel, metrics, layers)
        is_named = panel.by_layer and len(lines) <= MOST
        for place, (name, line) in enumerate(lines):
            add_line(
                figure, line["epoch"], line[panel.column], name,
                class_colour(place) if panel.by_layer else QUIET, panel.shown,
                place=(number // 2 + 1, number % 2 + 1),
                legend=f"legend{number + 1}", in_legend=is_named,
            )  # fmt: skip
    titles, last = [panel.title for panel in PANELS], max(epochs or len(metrics), 2)
    dress_lines(figure, titles, last, dark=dark, height=780, legend_at_right=True)
    for panel, axis in zip(PANELS, figure.select_yaxes(), strict=True):
        if panel.is_log:
            axis.update(type="log", tickformat="~g", **log_ticks(layers[panel.column]))
        else:
            axis.update(rangemode="tozero")
        if panel.shown.endswith("%}"):
            axis.update(tickformat=".0%" if panel.is_share else "~%")
        if panel.is_share:
            axis.update(range=[-0.01, 1.005])
    return figure


def _lines(
    panel: Panel, metrics: pd.DataFrame, layers: pd.DataFrame
) -> Sequence[tuple[str, pd.DataFrame]]:
    """Name and rows of each line, in the order of the layers."""
    if not panel.by_layer:
        return [(panel.title, metrics)]
    known = layers.dropna(subset=[panel.column])
    return [(str(name), rows) for name, rows in known.groupby("layer", sort=False)]
