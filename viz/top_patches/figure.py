"""Each channel's strongest patches beside their projections, as in Zeiler & Fergus, figure 2.

First for print, then as a sheet to point at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from viz.drawing.patch_blocks import SMALL_PX, patch_sheet, pitch_of, tile_px_for
from viz.drawing.sheet import Grid, factor, sheet, shrink
from viz.drawing.style import (
    QUIET,
    SMALL_PT,
    head,
    number,
    pixel_axes,
    pixel_figure,
    show,
)
from viz.top_patches.gallery import Gallery, small_tiles
from viz.top_patches.query import TopPatchesShown

TILE_PX, CAPTION_PX, COLUMNS, WIDTH_PX, BETWEEN_PX = 72, 11, 3, 1400, 22  # for print
ROOM_PX = 24  # for a network's name above its channels
READING = "nine patches from nine images, best first, activation below"
RIGHT = "right: their projections, mid grey is zero"


def draw_block(ax: Axes, tiles: np.ndarray, captions: Sequence[str] = ()) -> None:
    """Nine tiles (n, h, w, 3 or 4) of one channel as a square, best first, a word below each."""
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


def draw(shown: TopPatchesShown) -> Figure:
    """A block of patches and one of projections for each channel that is looked at."""
    pictures, channels = shown.pictures(), list(shown.channels)
    return top_patches_figure(
        pictures.patch,
        pictures.projection,
        shown.top.score[channels],
        channels,
        layer=shown.layer,
        epoch=shown.epoch,
        inside=pictures.inside,
        most=pictures.most,
    )


def top_patches_figure(
    patches: Tensor,
    projections: Tensor | None,
    score: Tensor,
    channels: Sequence[int],
    *,
    layer: str,
    epoch: int | None = None,
    inside: Tensor | None = None,
    most: int | None = None,
    what: str = "channel",
    width_px: int = WIDTH_PX,
) -> Figure:
    """A block of patches and one of projections for each channel.

    Args:
        patches: (C, k, 3, s, s) in [0, 1], best first.
        projections: (C, k, 3, s, s) signed, of the same places; None shows patches alone.
        score: (C, k) activations.
        channels: The C channels' numbers.
        layer: Their layer.
        epoch: Of the network.
        inside: (C, k, 4) what of each patch lies in its image; all of it if not given.
        most: Of a side that can lie in an image, px.
        what: What each of them is called.
        width_px: Of the figure, at most.
    """
    pictures = Gallery(patches, patches if projections is None else projections, inside, most)
    shown = _drawn(pictures)[: 1 if projections is None else 2]
    high, wide = block(shown[0][0])[0].shape[:2]
    pair = len(shown) * (wide + 8) - 8
    rows = ceil(len(channels) / min(4, max(1, (width_px + BETWEEN_PX) // (pair + BETWEEN_PX))))
    columns = ceil(len(channels) / rows)  # full rows: four channels stand 2 by 2, not 3 and 1
    width, height = columns * (pair + BETWEEN_PX) - BETWEEN_PX, rows * (high + 24)
    at = "" if epoch is None else f", epoch {epoch}"
    reading = f"{READING}; {RIGHT}" if len(shown) > 1 else READING
    figure = pixel_figure(width, height, f"What excites {layer}{at}", reading)
    for place, channel in enumerate(channels):
        top, left = place // columns * (high + 24) + 16, place % columns * (pair + BETWEEN_PX)
        tiles = [each[place] for each in shown]
        _draw_pair(figure, left, top, tiles, score[place], f"{what} {channel}")
    return figure


def _drawn(pictures: Gallery) -> list[np.ndarray]:
    """(C, k, h, w, 4) each: the patches, and their projections."""
    tiles = small_tiles(pictures, TILE_PX) / 255
    return [tiles[:, 0], tiles[:, 1]]


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


@dataclass(frozen=True)
class PatchPanel:
    """One of two networks' channels, one below the other; a click returns [channel, place]."""

    shown: TopPatchesShown
    rows: Sequence[int]  # channels of the first network; one that this network lacks leaves a gap
    level: Sequence[TopPatchesShown]  # of both networks: their rows are as far apart

    @property
    def size(self) -> tuple[int, int]:
        """Width and height when drawn, px."""
        return 2 * (self._block[1] + 8) - 8, ROOM_PX + len(self.rows) * self._pitch

    def draw(self, figure: Figure, left: int, top: int) -> Axes:
        """Draw it with its corner there, in pixels of the figure."""
        drawn = _drawn(self.shown.pictures())
        for place, channel in enumerate(self.shown.channels):
            row = top + ROOM_PX + self.rows.index(channel) * self._pitch
            tiles, score = [each[place] for each in drawn], self.shown.top.score[channel]
            _draw_pair(figure, left, row, tiles, score, f"channel {channel}")
        return pixel_axes(figure, left, top, 1, 1)

    def draw_scale(self, figure: Figure, left: int, top: int) -> None:
        """Each patch has the activation below it."""

    def point(self, chosen: Any = None, side: int | None = None) -> go.Figure:
        """The same to point at."""
        del side  # tiles are enlarged by whole factors only
        pitch = max(pitch_of(each.tiles()) for each in self.level)
        return point_at_patches(
            self.shown, self.rows, width_px=1, chosen=chosen, pitch=pitch, tile_px=SMALL_PX
        )

    @property
    def _block(self) -> tuple[int, int]:
        return _block_of(self.shown)

    @property
    def _pitch(self) -> int:
        return max(_block_of(each)[0] for each in self.level) + 24


def _block_of(shown: TopPatchesShown) -> tuple[int, int]:
    """Height and width of one channel's patches for print, px."""
    tiles = _drawn(shown.pictures())[0]
    high, wide = block(tiles[0])[0].shape[:2]
    return high, wide


def point_at_patches(
    shown: TopPatchesShown,
    rows: Sequence[int] | None = None,
    *,
    width_px: int = 680,
    chosen: int | None = None,
    pitch: int = 0,
    tile_px: int | None = None,
) -> go.Figure:
    """The channels that are looked at, each place told with its score and class.

    Args:
        shown: Of one network.
        rows: Channels to leave room for, grey where the network does not have one.
        width_px: Room for the sheet.
        chosen: Channel to outline.
        pitch: From row to row; see `patch_sheet`.
        tile_px: Side of a patch; so that two or more channels fill the width if not given.
    """
    k, tiles = shown.top.score.shape[1], dict(zip(shown.channels, shown.tiles(), strict=True))
    rows = shown.channels if rows is None else rows
    nothing = np.full_like(next(iter(tiles.values())), 128)
    side = tile_px or tile_px_for(width_px, nothing.shape[2], k)
    return patch_sheet(
        np.stack([tiles.get(channel, nothing) for channel in rows]),
        rows,
        [_words(shown, channel) for channel in rows],
        [[_hover(shown, channel, place) for place in range(k)] for channel in rows],
        width_px=width_px,
        chosen=chosen,
        pitch=pitch,
        tile_px=side,
    )


def _words(shown: TopPatchesShown, channel: int) -> str:
    """What stands above a channel's patches."""
    if channel >= len(shown.top.score):
        return f"no channel {channel}"
    if shown.top.is_silent(channel):
        return f"channel {channel} · silent"
    return f"channel {channel} · {number(float(shown.top.score[channel, 0]))}"


def _hover(shown: TopPatchesShown, channel: int, place: int) -> str:
    """One patch in words."""
    if channel >= len(shown.top.score):
        return f"{shown.layer} has channels 0 to {len(shown.top.score) - 1}"
    label = int(shown.label[channel, place])
    if label < 0:
        return f"channel {channel}: there is no further image"
    score = number(float(shown.top.score[channel, place]))
    return f"channel {channel} · score {score} · {shown.classes[label]}"
