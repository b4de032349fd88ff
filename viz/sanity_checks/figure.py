"""Sanity checks of a heat map: curves of P(class), and the map without what was learnt."""

from __future__ import annotations

import math
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from torch import Tensor

from viz.attribution import METHODS
from viz.attribution.figure import heat_pixels
from viz.drawing.colours import OKABE_ITO
from viz.drawing.sheet import as_array
from viz.drawing.style import (
    INK,
    QUIET,
    SMALL_PT,
    TEXT_PT,
    class_name,
    head,
    pixel_axes,
    pixel_figure,
    show,
)
from viz.sanity_checks.deletion_insertion import DeletionInsertion, area
from viz.sanity_checks.query import SanityChecksShown

TILE_PX, GAP_PX, CORRELATION_PX = 64, 5, 86
CURVE_PX, LEFT_PX, BETWEEN_PX = (
    (283, 150),
    36,
    14,
)  # a panel's width and height; room for its numbers
PanelName = Literal["deletion", "insertion"]
PANELS: dict[PanelName, str] = {
    "deletion": "deletion: P(class) without the highest pixels",
    "insertion": "insertion: P(class) with them alone",
}
MAP, CHANCE = OKABE_ITO[0], QUIET


def draw(shown: SanityChecksShown) -> Figure:
    """Deletion, insertion, and the cascade of randomised layers."""
    curves, randomisation = shown.found.curves, shown.found.randomisation
    method = METHODS[shown.method]
    across, tall = CURVE_PX
    room = across + LEFT_PX + BETWEEN_PX
    strip = len(randomisation.maps) * (TILE_PX + GAP_PX) - GAP_PX
    second = 36 + tall + 62  # top of the correlations
    third = second + CORRELATION_PX + 10  # top of the maps
    title = f"Sanity checks of {method.name} for class {class_name(shown.classes, shown.label)}"
    width = LEFT_PX + max(2 * room - LEFT_PX - BETWEEN_PX, strip)
    figure = pixel_figure(width, third + TILE_PX + 14, title)
    high = max(float(curve.nan_to_num().max()) for curve in _probabilities(curves))
    for place, kind in enumerate(PANELS):
        ax = pixel_axes(figure, LEFT_PX + place * room, 36, across, tall)
        draw_curve(ax, curves, kind, high=high)
        ax.set_title(PANELS[kind], size=TEXT_PT, color=INK, loc="left", pad=18)  # above the legend
    ax = pixel_axes(figure, LEFT_PX, second, strip, CORRELATION_PX)
    draw_correlation(ax, randomisation.correlation)
    head(ax, "rank correlation with the trained network's map; ↓ all layers down to here random")
    for place, heat in enumerate(randomisation.maps):
        ax = pixel_axes(figure, LEFT_PX + place * (TILE_PX + GAP_PX), third, TILE_PX, TILE_PX)
        show(ax, heat_pixels(heat, TILE_PX, is_signed=method.is_signed))
        name = "trained" if place == 0 else f"↓ {randomisation.down_to[place - 1]}"
        ax.set_xlabel(name, size=SMALL_PT, color=INK, labelpad=3)
    return figure


def draw_curve(ax: Axes, curves: DeletionInsertion, kind: PanelName, *, high: float) -> None:
    """A map's curve with its area, and the mean and range of the random orders.

    Args:
        ax: Where.
        curves: All of them.
        kind: deletion or insertion.
        high: The largest probability that the scale has to show.
    """
    of_map, by_chance = (
        (curves.deleted, curves.random_deleted)
        if kind == "deletion"
        else (curves.inserted, curves.random_inserted)
    )
    share = as_array(curves.share)
    words = f"random order, area {area(curves.share, by_chance):.3f}"
    lowest, highest = (as_array(edge) for edge in by_chance.aminmax(dim=0))
    ax.fill_between(share, lowest, highest, color=CHANCE, alpha=0.2, linewidth=0)
    ax.plot(share, as_array(by_chance.mean(0)), color=CHANCE, linewidth=1.2, ls="--", label=words)
    words = f"this map, area {area(curves.share, of_map):.3f}"
    ax.plot(share, as_array(of_map), color=MAP, linewidth=1.6, label=words)
    _axes(ax)
    ax.set(xlim=(0, 1), ylim=(0, 1.04 * high or 1))
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1])
    ax.yaxis.set_major_locator(MaxNLocator(4))
    ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.set_xlabel("of the pixels", size=SMALL_PT, color=QUIET, labelpad=1)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.3, frameon=False,
              fontsize=SMALL_PT, labelcolor=INK, ncols=2, handlelength=1.6, columnspacing=1.2,
              borderpad=0)  # fmt: skip


def draw_correlation(ax: Axes, correlation: Tensor) -> None:
    """A bar and its number for each stage, above the stage's map."""
    for place, value in enumerate(correlation.tolist()):
        words = "none" if math.isnan(value) else f"{value:.2f}".replace("-", "−")
        above = max(0 if math.isnan(value) else value, 0)
        ax.bar(place, 0 if math.isnan(value) else value, width=0.4, color=MAP)
        ax.annotate(words, (place, above), (0, 2), textcoords="offset points", ha="center",
                    size=SMALL_PT, color=INK)  # fmt: skip
    edge = 0.5 * TILE_PX / (TILE_PX + GAP_PX)  # so that each bar stands over its map
    ax.set(xlim=(-edge, len(correlation) - 1 + edge), ylim=(-1, 1.25))
    _axes(ax)
    ax.set_yticks([-1, 0, 1])
    ax.axhline(0, color=QUIET, linewidth=0.6)
    ax.spines["bottom"].set_visible(False)


def _probabilities(curves: DeletionInsertion) -> list[Tensor]:
    both = [curves.deleted, curves.inserted]
    return [*both, *curves.random_deleted, *curves.random_inserted]


def _axes(ax: Axes) -> None:
    ax.spines[["left", "bottom"]].set(visible=True, color=QUIET, linewidth=0.6)
    ax.tick_params(labelsize=SMALL_PT, color=QUIET, labelcolor=INK, length=3, width=0.6)
    ax.set_facecolor("none")
