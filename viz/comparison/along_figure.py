"""Variants along a setting, as accuracy by images a class: Zeiler & Fergus 2013, figure 9."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from viz.comparison.compute import Line
from viz.drawing.colours import class_colour
from viz.drawing.style import DPI, INK, PAPER, QUIET, SMALL_PT, TEXT_PT, TITLE_PT, plain

AXES = {"per_class": "training images of each class"}


def draw_along(ax: Axes, lines: Sequence[Line], axis: str) -> None:
    """A line for each group, from 0 to 100 %; bars are deviations, rings the paper's numbers."""
    for place, line in enumerate(lines):
        colour = class_colour(place)
        ax.plot(
            line.at, line.accuracy, "o-", label=plain(line.name), color=colour, markersize=4,
            linewidth=1.6,
        )  # fmt: skip
        several = np.isfinite(line.deviation)
        ax.errorbar(
            line.at[several], line.accuracy[several], line.deviation[several], fmt="none",
            ecolor=colour, elinewidth=1, capsize=2,
        )  # fmt: skip
        ax.plot(line.at, line.paper, "o:", color=colour, mfc="none", markersize=6, linewidth=0.8)
    ax.set_ylim(0, 1)
    ax.set_xlim(left=0)
    ax.set_xticks(sorted({float(value) for line in lines for value in line.at}))
    ax.set_xlabel(AXES.get(axis, axis), size=TEXT_PT, color=INK)
    ax.set_ylabel("accuracy", size=TEXT_PT, color=INK)
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.tick_params(labelsize=SMALL_PT, color=QUIET, labelcolor=INK, length=3, width=0.6)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set(color=QUIET, linewidth=0.6)
    ax.grid(axis="y", color=QUIET, alpha=0.2, linewidth=0.6)
    ax.set_facecolor("none")


def along_figure(lines: Sequence[Line], axis: str, *, title: str = "") -> Figure:
    """The lines with a legend beside them.

    Args:
        lines: Of all variants that have ended.
        axis: The setting that they are drawn along.
        title: Of the comparison.
    """
    figure = Figure(figsize=(7.6, 4.0), dpi=DPI, layout="constrained", facecolor=PAPER)
    ax = figure.subplots()
    draw_along(ax, lines, axis)
    ax.set_title(plain(title, 90), size=TITLE_PT, weight="bold", color=INK, loc="left", pad=8)
    handles, names = ax.get_legend_handles_labels()
    if any(np.isfinite(line.paper).any() for line in lines):
        handles.append(Line2D([], [], color=QUIET, marker="o", mfc="none", ls=":", lw=0.8))
        names.append("the paper's")
    figure.legend(
        handles,
        names,
        loc="outside right upper",
        frameon=False,
        fontsize=SMALL_PT + 0.5,
        labelcolor=INK,
    )
    return figure
