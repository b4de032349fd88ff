"""Sizes of objects above what each layer sees, on one scale; one network beside another."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from viz.drawing.colours import OKABE_ITO
from viz.drawing.style import DPI, INK, PAPER, QUIET, SMALL_PT, TEXT_PT, TITLE_PT, plain
from viz.object_scale.compute import ObjectScale
from viz.object_scale.query import ObjectScaleShown
from viz.store.view import Twice

WIDTH_IN, ROW_IN = 7.8, 0.28
OBJECT, FIELD = OKABE_ITO[1], OKABE_ITO[0]


def draw(shown: ObjectScaleShown) -> Figure:
    """One network."""
    return object_scale_figure([shown.scale], [""])


def draw_both(both: Twice, titles: Sequence[str]) -> Figure:
    """Two networks side by side on one scale."""
    return object_scale_figure([both.first.scale, both.second.scale], titles)


def draw_sizes(ax: Axes, scale: ObjectScale, most: float) -> None:
    """How many objects have which size."""
    bins = np.geomspace(max(1.0, scale.sizes.min() * 0.98), scale.sizes.max() * 1.02, 25)
    ax.hist(scale.sizes, bins=bins.tolist(), color=OBJECT, alpha=0.8)
    ax.axvline(scale.median, color=OBJECT, linewidth=1.4)
    ax.set_yticks([])
    ax.set_title(
        f"{len(scale.sizes):,} objects, {scale.median:.0f} px in the median", size=TEXT_PT,
        color=INK, loc="left",
    )  # fmt: skip
    _dress(ax, most)
    ax.tick_params(labelbottom=False)


def draw_fields(ax: Axes, scale: ObjectScale, most: float) -> None:
    """A line a layer from its stride to the side of its receptive field."""
    low, high = np.percentile(scale.sizes, (25, 75))
    ax.axvspan(low, high, color=OBJECT, alpha=0.25, linewidth=0)
    ax.axvline(scale.median, color=OBJECT, linewidth=1.4)
    for row, field in enumerate(scale.fields):
        ax.plot([field.stride, field.size], [row, row], color=FIELD, linewidth=1.4)
        ax.plot(field.stride, row, "|", color=FIELD, markersize=7)
        ax.plot(field.size, row, "o", color=FIELD, markersize=5)
        ax.annotate(
            str(field.size), (field.size, row), (6, 0), textcoords="offset points",
            size=SMALL_PT, color=INK, va="center",
        )  # fmt: skip
    ax.set_yticks(range(len(scale.layers)), scale.layers)
    ax.set_ylim(len(scale.layers) - 0.4, -0.6)
    ax.set_xlabel("px of the input: stride | and receptive field ●", size=TEXT_PT, color=INK)
    _dress(ax, most)


def object_scale_figure(scales: Sequence[ObjectScale], names: Sequence[str]) -> Figure:
    """One column a network, on one scale.

    Args:
        scales: One or two.
        names: Of the runs.
    """
    rows = max(len(scale.layers) for scale in scales)
    most = 1.35 * max(max(one.fields[-1].size, one.sizes.max()) for one in scales)
    figure = Figure(
        figsize=(WIDTH_IN, 1.9 + ROW_IN * rows), dpi=DPI, layout="constrained", facecolor=PAPER
    )
    axes = figure.subplots(
        2, len(scales), squeeze=False, height_ratios=[0.7, max(1.0, ROW_IN * rows)]
    )
    for (above, below), scale, name in zip(axes.T, scales, names, strict=True):
        draw_sizes(above, scale, most)
        draw_fields(below, scale, most)
        if len(scales) > 1:
            title = plain(name, 40)
            above.text(
                0, 1.35, title, size=TITLE_PT, weight="bold", color=INK, transform=above.transAxes
            )
    return figure


def _dress(ax: Axes, most: float) -> None:
    ax.set_xscale("log", base=2)
    ax.set_xlim(0.9, most)
    ticks = [2**power for power in range(12) if 2**power <= most]
    ax.xaxis.set_major_locator(FixedLocator(ticks))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xticklabels([str(tick) for tick in ticks])
    ax.tick_params(labelsize=SMALL_PT, color=QUIET, labelcolor=INK, length=3, width=0.6)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.spines["bottom"].set(color=QUIET, linewidth=0.6)
    ax.set_facecolor("none")
