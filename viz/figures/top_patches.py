"""Each channel's strongest patches beside their projections, as in Zeiler & Fergus, figure 2."""

from collections.abc import Sequence
from math import ceil

import numpy as np
import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from viz.figures.pointing import point_at_sheet
from viz.figures.sheet import Grid, channels_last, factor, sheet, shrink, small_projections
from viz.figures.style import QUIET, SMALL_PT, head, number, pixel_axes, pixel_figure, show

TILE_PX, CAPTION_PX, COLUMNS, WIDTH_PX = 72, 11, 3, 1400


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
    shown = [channels_last(patches)]
    if projections is not None:
        shown.append(small_projections(projections, TILE_PX))
    high, wide = block(shown[0][0])[0].shape[:2]
    pair = len(shown) * (wide + 8) - 8
    rows = ceil(len(channels) / min(4, max(1, (WIDTH_PX + 22) // (pair + 22))))
    columns = ceil(len(channels) / rows)  # full rows: four channels stand 2 by 2, not 3 and 1
    width, height = columns * (pair + 22) - 22, rows * (high + 24)
    at = "" if epoch is None else f", epoch {epoch}"
    reading = "nine patches from nine images, best first, activation below" + (
        "; right: their projections, mid grey is zero" if len(shown) > 1 else ""
    )
    figure = pixel_figure(width, height, f"What excites {layer}{at}", reading)
    for place, channel in enumerate(channels):
        top, left = place // columns * (high + 24) + 16, place % columns * (pair + 22)
        for side, tiles in enumerate(shown):
            ax = pixel_axes(figure, left + side * (wide + 8), top, wide, high)
            captions = [number(value) for value in score[place].tolist()] if side == 0 else []
            draw_block(ax, tiles[place], captions)
            if side == 0:
                head(ax, f"channel {channel}")
    return figure


def top_patches_pointing(
    patches: Tensor, channels: Sequence[int], *, chosen: int | None = None
) -> go.Figure:
    """Every channel's best patch on one sheet; a click returns the channel.

    Args:
        patches: (C, 3, s, s) in [0, 1].
        channels: The C channels' numbers.
        chosen: Channel to outline.
    """
    tiles = shrink(channels_last(patches), TILE_PX)
    pixels, grid = sheet(tiles, enlarge=factor(tiles.shape[1], TILE_PX))
    hover = [f"channel {channel}" for channel in channels]
    return point_at_sheet(pixels, grid, list(channels), hover, chosen=chosen)
