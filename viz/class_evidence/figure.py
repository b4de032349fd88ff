"""A class of one image over the epochs: its probability beside its rivals', and its rank."""

from __future__ import annotations

from math import ceil

import pandas as pd
import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from plotly.subplots import make_subplots

from viz.class_evidence.query import ClassEvidenceShown, competitors
from viz.drawing.colours import class_colour
from viz.drawing.lines import FEW, add_line, dress_lines
from viz.drawing.sheet import channels_last
from viz.drawing.style import (
    DPI,
    INK,
    PAPER,
    QUIET,
    SMALL_PT,
    TEXT_PT,
    class_name,
    head,
    hide_axes,
    lines_of,
)
from viz.drawing.words import label_of


def draw(shown: ClassEvidenceShown) -> Figure:
    """The image, p(class) of it and of the strongest rivals, and the rank of the class."""
    figure = Figure(figsize=(9.2, 2.9), dpi=DPI, layout="constrained", facecolor=PAPER)
    image, left, right = figure.subplots(1, 3, width_ratios=[0.62, 1, 1])
    hide_axes(image)
    image.imshow(channels_last(shown.picture), interpolation="nearest")
    head(image, lines_of(shown.name, 28))
    epochs = shown.found.epoch.numpy()
    marker = "o" if len(epochs) <= FEW else None
    for index in [*reversed(competitors(shown.found, shown.label)), shown.label]:
        left.plot(
            epochs,
            shown.found.probability[:, index].numpy(),
            color=class_colour(index),
            linewidth=1.8 if index == shown.label else 0.9,
            marker=marker,
            markersize=3,
            label=class_name(shown.classes, index, 20),
        )
    left.set_ylim(0, 1.02)
    head(left, "probability")
    lines, names = left.get_legend_handles_labels()
    left.legend(lines[::-1], names[::-1], frameon=False, fontsize=SMALL_PT, labelcolor=INK)
    rank = shown.found.rank(shown.label).numpy()
    colour = class_colour(shown.label)
    right.plot(epochs, rank, color=colour, linewidth=1.8, marker=marker, markersize=3)
    right.set_ylim(max(rank.max(), 2) + 0.5, 0.5)  # the answer is on top
    right.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    head(right, f"rank of {class_name(shown.classes, shown.label)}, of {len(shown.classes)}")
    for ax in (left, right):
        _finish(ax)
        _mark(ax, shown.found.right_since(shown.label))
    return figure


def _finish(ax: Axes) -> None:
    ax.set_xlabel("epoch", size=TEXT_PT, color=INK)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
    ax.tick_params(labelsize=SMALL_PT, color=QUIET, labelcolor=INK, length=3, width=0.6)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set(color=QUIET, linewidth=0.6)
    ax.set_facecolor("none")


def _mark(ax: Axes, since: int | None) -> None:
    """A line at the epoch from which on the answer is right."""
    if since is not None:
        ax.axvline(since, color=QUIET, linewidth=0.8, linestyle=":")


def pointing(shown: ClassEvidenceShown, *, dark: bool, height: int = 360) -> go.Figure:
    """The same two panels to point at.

    Args:
        shown: What is to be drawn.
        dark: For a dark page.
        height: In pixels.
    """
    figure = make_subplots(rows=1, cols=2, horizontal_spacing=0.27)
    epochs = pd.Series(shown.found.epoch.numpy())
    for index in [shown.label, *competitors(shown.found, shown.label)]:
        add_line(
            figure,
            epochs,
            pd.Series(shown.found.probability[:, index].numpy()),
            label_of(shown.classes, index, 22).replace("\n", "<br>"),
            class_colour(index),
            ":.1%}",
            dash="solid" if index == shown.label else "dot",
        )
    add_line(
        figure,
        epochs,
        pd.Series(shown.found.rank(shown.label).numpy()),
        "rank",
        class_colour(shown.label),
        "}",
        place=(1, 2),
        legend="legend2",
        in_legend=False,
    )
    titles = [
        "probability",
        f"rank of {label_of(shown.classes, shown.label, None)}, of {len(shown.classes)}",
    ]
    dress_lines(
        figure, titles, int(epochs.iloc[-1]), dark=dark, height=height, legend_at_right=True
    )
    figure.update_xaxes(range=[float(epochs.iloc[0]) - 0.5, float(epochs.iloc[-1]) + 0.5])
    figure.update_yaxes(range=[0, 1.02], tickformat=".0%", col=1)
    worst = int(shown.found.rank(shown.label).max())
    ranks = {"tick0": 1, "dtick": max(1, ceil(worst / 8))}  # 1, the answer, has its line
    figure.update_yaxes(range=[max(worst, 2) + 0.5, 0.5], tickformat="d", col=2, **ranks)
    since = shown.found.right_since(shown.label)
    if since is not None:
        figure.add_vline(since, line={"color": QUIET, "width": 1, "dash": "dot"})
    return figure
