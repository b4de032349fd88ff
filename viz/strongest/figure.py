"""The strongest unit of each layer: what it sees above its projection, layer by layer."""

import numpy as np
from matplotlib.figure import Figure

from viz.drawing.sheet import channels_last, factor, sheet, shrink, small_projections
from viz.drawing.style import INK, QUIET, SMALL_PT, TEXT_PT, number, pixel_axes, pixel_figure, show
from viz.strongest.compute import Strongest
from viz.strongest.query import StrongestShown

TILE_PX, GAP_PX, LINE_PX, MOST = 112, 12, 13, 8


def draw(shown: StrongestShown) -> Figure:
    """A column for each layer, first to last; eight of them in a row."""
    units = shown.units
    pitch, tall = TILE_PX + GAP_PX, 2 * TILE_PX + 4 + 4 * LINE_PX
    rows = -(-len(units) // MOST)
    width = min(len(units), MOST) * pitch - GAP_PX
    reading = "what it sees, its projection; " + (
        "share: of its channel's strongest response to any validation image"
        if shown.measure == "share"
        else "activations of two layers do not compare"
    )
    title = "The strongest unit of each layer"
    figure = pixel_figure(width, rows * (tall + GAP_PX) - GAP_PX, title, reading)
    for place, unit in enumerate(units):
        top, left = place // MOST * (tall + GAP_PX), place % MOST * pitch
        tiles = [shrink(channels_last(unit.patch)[None], TILE_PX)]
        tiles.append(small_projections(unit.projection[None], TILE_PX))
        for side, tile in enumerate(tiles):
            pixels = sheet(tile, 1, enlarge=factor(tile.shape[1], TILE_PX))[0]
            _centred(figure, left, top + side * (TILE_PX + 4), pixels)
        words = pixel_axes(figure, left, top + 2 * TILE_PX + 4, TILE_PX, 4 * LINE_PX)
        words.axis("off")
        for line, text in enumerate(_words(unit)):
            words.text(
                0,
                1 - (line * LINE_PX + 5) / (4 * LINE_PX),
                text,
                transform=words.transAxes,
                size=SMALL_PT if line else TEXT_PT,
                color=QUIET if line else INK,
                va="top",
            )
    return figure


def _words(unit: Strongest) -> list[str]:
    lines = [
        f"{unit.layer}, {unit.channel}",
        f"row {unit.row}, column {unit.col}",
        f"activation {number(unit.activation)}",
    ]
    return lines if unit.share is None else [*lines, f"share {number(unit.share)}"]


def _centred(figure: Figure, left: int, top: int, pixels: np.ndarray) -> None:
    height, width = pixels.shape[:2]
    aside, down = (TILE_PX - width) // 2, (TILE_PX - height) // 2
    show(pixel_axes(figure, left + aside, top + down, width, height), pixels)
