"""Each channel's strongest patches beside their projections, as in Zeiler & Fergus, figure 2."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from viz.drawing.sheet import Grid, channels_last, factor, sheet, shrink, small_projections
from viz.drawing.style import (
    QUIET,
    SMALL_PT,
    head,
    number,
    pixel_axes,
    pixel_figure,
    plain,
    show,
)
from viz.top_patches.gallery import Gallery

TILE_PX, CAPTION_PX, COLUMNS, WIDTH_PX, BETWEEN_PX = 72, 11, 3, 1400, 22
READING = "nine patches from nine images, best first, activation below"
RIGHT = "right: their projections, mid grey is zero"


def draw_block(ax: Axes, tiles: np.ndarray, captions: Sequence[str] = ()) -> None:
    """Nine tiles (n, h, w, 3) of one channel as a square, best first, a word below each."""
    pixels, grid = block(tiles)
    show(ax, pixels)
    for index, caption in enumerate(captions):
        top, left = grid.corner(index)
        ax.text(left, top + grid.height + 1, caption, size=SMALL_PT, color=QUIET, va="top")


def block(tiles: np.ndarray) -> tuple[np.ndarray, Grid]:
    """The sheet of one channel's tiles, and its grid."""
    fitted = shrink(tiles, TILE_PX)
    enlarge = factor(max(fitted.shape[1:3]), TILE_PX)
    return sheet(fitted, COLUMNS, enlarge=enlarge, caption=CAPTION_PX)


def top_patches_figure(
    patches: Tensor,
    projections: Tensor | None,
    score: Tensor,
    channels: Sequence[int],
    *,
    layer: str,
    epoch: int | None = None,
) -> Figure:
    """A block of patches and one of projections for each channel.

    Args:
        patches: (C, k, 3, s, s) in [0, 1], best first.
        projections: (C, k, 3, s, s) signed, of the same places; None shows patches alone.
        score: (C, k) activations.
        channels: The C channels' numbers.
        layer: Their layer.
        epoch: Of the network.
    """
    shown = _drawn(patches, projections)
    high, wide = block(shown[0][0])[0].shape[:2]
    pair = len(shown) * (wide + 8) - 8
    rows = ceil(len(channels) / min(4, max(1, (WIDTH_PX + BETWEEN_PX) // (pair + BETWEEN_PX))))
    columns = ceil(len(channels) / rows)  # full rows: four channels stand 2 by 2, not 3 and 1
    width, height = columns * (pair + BETWEEN_PX) - BETWEEN_PX, rows * (high + 24)
    at = "" if epoch is None else f", epoch {epoch}"
    reading = f"{READING}; {RIGHT}" if len(shown) > 1 else READING
    figure = pixel_figure(width, height, f"What excites {layer}{at}", reading)
    for place, channel in enumerate(channels):
        top, left = place // columns * (high + 24) + 16, place % columns * (pair + BETWEEN_PX)
        tiles = [each[place] for each in shown]
        _draw_pair(figure, left, top, tiles, score[place], f"channel {channel}")
    return figure


@dataclass(frozen=True)
class Nine:
    """The strongest patches of some channels of one network."""

    name: str  # of the network
    channels: Sequence[int]  # the C channels' numbers
    gallery: Gallery
    score: Tensor  # (C, k) activations


def top_patches_beside_figure(sides: Sequence[Nine], *, layer: str) -> Figure:
    """The same channels of two networks: a row for each, A's patches and projections, then B's.

    Args:
        sides: Of the two networks; the second may lack some of the first one's channels.
        layer: Their layer.
    """
    shown = [_drawn(side.gallery.patch, side.gallery.projection) for side in sides]
    sizes = [block(patches[0])[0].shape[:2] for patches, _ in shown]
    high, rows = max(tall for tall, _ in sizes), list(sides[0].channels)
    lefts = [0, 2 * (sizes[0][1] + 8) - 8 + 2 * BETWEEN_PX]
    width, height = lefts[1] + 2 * (sizes[1][1] + 8) - 8, 24 + len(rows) * (high + 24)
    figure = pixel_figure(width, height, f"What excites {layer}", f"{READING}; {RIGHT}")
    for side, pair, left, who in zip(sides, shown, lefts, "AB", strict=True):
        for place, channel in enumerate(side.channels):
            top = 40 + rows.index(channel) * (high + 24)
            tiles = [each[place] for each in pair]
            _draw_pair(figure, left, top, tiles, side.score[place], f"channel {channel}")
        ax = pixel_axes(figure, left, 16, 1, 1)
        head(ax, f"{who}: {plain(side.name, 50)}")
    return figure


def _drawn(patches: Tensor, projections: Tensor | None) -> list[np.ndarray]:
    """(C, k, h, w, 3) each: the patches, and their projections where there are any."""
    small = [] if projections is None else [small_projections(projections, TILE_PX)]
    return [channels_last(patches), *small]


def _draw_pair(
    figure: Figure, left: int, top: int, pair: Sequence[np.ndarray], score: Tensor, words: str
) -> None:
    """One channel's blocks: its patches with the activation below each, then the projections."""
    high, wide = block(pair[0])[0].shape[:2]
    for side, tiles in enumerate(pair):
        ax = pixel_axes(figure, left + side * (wide + 8), top, wide, high)
        draw_block(ax, tiles, [] if side else [number(value) for value in score.tolist()])
        if not side:
            head(ax, words)
