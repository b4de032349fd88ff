"""Correspondence as in Zeiler & Fergus 2013, table 1 and figure 8: numbers, and what is hidden."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from viz.correspondence.compute import WAYS, Correspondence
from viz.correspondence.query import CorrespondenceShown
from viz.drawing.colours import OKABE_ITO
from viz.drawing.sheet import as_array, channels_last, factor, shrink, to_bytes
from viz.drawing.style import (
    INK,
    MARGIN,
    QUIET,
    SMALL_PT,
    TEXT_PT,
    head,
    lines_of,
    pixel_axes,
    pixel_figure,
    show,
)

NAMES_PX, PANEL_PX, VALUES_PX, ROW_PX = 112, 190, 96, 46
TILE_PX, GAP_PX = 96, 2
TOP_PX, BETWEEN_PX = 14, 78  # above the panels; between them and the pictures
READING = (
    "share of features that change differently in two pictures, mean and standard deviation "
    "over the pairs; low: hiding the part does the same in all"
)
MARKS = (("o", OKABE_ITO[0]), ("D", OKABE_ITO[1]), ("s", OKABE_ITO[3]))  # of the WAYS


def draw(shown: CorrespondenceShown, width_px: int = 0) -> Figure:
    """A panel a layer with a row a part; below, each picture in a row, with what was hidden.

    Args:
        shown: What is to be drawn.
        width_px: For panels and pictures to fill, where that makes them larger.
    """
    found, rows = shown.found, shown.rows
    room = width_px - NAMES_PX - 2 * MARGIN
    tile_px = min(max(TILE_PX, room // max(len(rows), 1) - GAP_PX), 2 * TILE_PX)
    tiles = [_tiles(pictures, tile_px) for _name, pictures in rows]
    panel_px = max(PANEL_PX, room // max(len(found.layers), 1) - VALUES_PX)
    side, count = tiles[0].shape[1], len(tiles[0])
    panels = len(found.layers) * (panel_px + VALUES_PX)
    tall = len(found.parts) * ROW_PX
    width = NAMES_PX + max(panels, len(rows) * (side + GAP_PX))
    below = TOP_PX + tall + BETWEEN_PX
    height = below + count * (side + GAP_PX)
    figure = pixel_figure(width, height, "Does the network know a part again?", READING)
    for place in range(len(found.layers)):
        left = NAMES_PX + place * (panel_px + VALUES_PX)
        ax = pixel_axes(figure, left, TOP_PX, panel_px, tall)
        draw_layer(ax, found, place, names=place == 0)
    _legend(figure, TOP_PX + tall + 26)
    for column, ((name, _pictures), column_tiles) in enumerate(zip(rows, tiles, strict=True)):
        left = NAMES_PX + column * (side + GAP_PX)
        for place, tile in enumerate(column_tiles):
            ax = pixel_axes(figure, left, below + place * (side + GAP_PX), side, side)
            show(ax, tile)
            if place == 0:
                words = lines_of(name, round(side / 5.5)) if name else "whole"
                ax.set_title(words, size=SMALL_PT, color=INK, loc="left", pad=3)
    return figure


def draw_layer(ax: Axes, found: Correspondence, layer: int, *, names: bool) -> None:
    """The parts of one layer, each beside its controls, with the numbers at the right.

    Args:
        ax: Where.
        found: Of all layers, which share one scale.
        layer: Place in `found.layers`.
        names: Whether to name the parts at the left.
    """
    means, deviations = as_array(found.difference), as_array(found.deviation)
    most = max(0.05, 1.08 * float((means + deviations).max()))
    for part in range(len(found.parts)):
        for way, (mark, colour) in enumerate(MARKS):
            mean, spread = means[layer, part, way], deviations[layer, part, way]
            height = 0.26 * (way - 1)
            ax.errorbar(
                mean, part + height, xerr=[[min(spread, mean)], [spread]], fmt=mark, markersize=5,
                color=colour, elinewidth=1.1, capsize=2, markeredgewidth=0,
            )  # fmt: skip
            ax.text(
                1.02 * most, part + height, f"{mean:.3f} ± {spread:.3f}", va="center",
                size=SMALL_PT, color=INK if way == 0 else QUIET,
            )  # fmt: skip
    head(ax, found.layers[layer])
    ax.set(xlim=(0, most), ylim=(len(found.parts) - 0.5, -0.5))
    ax.set_yticks(range(len(found.parts)), [lines_of(name, 20) for name in found.parts])
    ax.tick_params(axis="y", length=0, labelsize=TEXT_PT, labelcolor=INK, labelleft=names)
    ax.set_xticks(_ticks(most))
    ax.tick_params(axis="x", labelsize=SMALL_PT, color=QUIET, labelcolor=INK, length=3, width=0.6)
    ax.spines["bottom"].set(visible=True, color=QUIET, linewidth=0.6)
    for part in range(1, len(found.parts)):
        ax.axhline(part - 0.5, color=QUIET, linewidth=0.3, alpha=0.5)


def _tiles(pictures: Tensor, tile_px: int) -> np.ndarray:
    small = shrink(channels_last(pictures), tile_px)
    by = factor(small.shape[1], tile_px)
    return to_bytes(small.repeat(by, axis=1).repeat(by, axis=2))


def _ticks(most: float) -> list[float]:
    step = next(step for step in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5) if most / step <= 6)
    return np.arange(0, most, step).round(2).tolist()


def _legend(figure: Figure, top: int) -> None:
    """What the marks stand for, between the panels and the pictures."""
    ax = pixel_axes(figure, NAMES_PX, top, 600, 16)
    ax.set(xlim=(0, 600), ylim=(0, 1))
    for way, (mark, colour) in enumerate(MARKS):
        ax.plot(6 + 150 * way, 0.5, mark, color=colour, markersize=5, markeredgewidth=0)
        ax.text(16 + 150 * way, 0.5, WAYS[way], va="center", size=TEXT_PT, color=INK)
