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

from viz.drawing.pointing import CHOSEN, point_at_sheet
from viz.drawing.sheet import Grid, channels_last, factor, sheet, shrink, small_projections
from viz.drawing.style import (
    QUIET,
    SMALL_PT,
    head,
    number,
    pixel_axes,
    pixel_figure,
    show,
)
from viz.top_patches.gallery import SMALL_PX
from viz.top_patches.query import TopPatchesShown

TILE_PX, CAPTION_PX, COLUMNS, WIDTH_PX, BETWEEN_PX = 72, 11, 3, 1400, 22  # for print
ROOM_PX = 24  # for a network's name above its channels
HEAD_PX, MIDDLE_PX, APART_PX = 20, 4, 12  # to point at
NINE = 3  # tiles in a row of a block
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
    )


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
        pictures = self.shown.pictures()
        drawn = _drawn(pictures.patch, pictures.projection)
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
        return point_at_patches(self.shown, self.rows, width_px=1, chosen=chosen, pitch=pitch)

    @property
    def _block(self) -> tuple[int, int]:
        return _block_of(self.shown)

    @property
    def _pitch(self) -> int:
        return max(_block_of(each)[0] for each in self.level) + 24


def _block_of(shown: TopPatchesShown) -> tuple[int, int]:
    """Height and width of one channel's patches for print, px."""
    high, wide = block(channels_last(shown.pictures().patch[0]))[0].shape[:2]
    return high, wide


def point_at_patches(
    shown: TopPatchesShown,
    rows: Sequence[int] | None = None,
    *,
    width_px: int = 680,
    chosen: int | None = None,
    pitch: int = 0,
) -> go.Figure:
    """The channels that are looked at, each place told with its score and class.

    Args:
        shown: Of one network.
        rows: Channels to leave room for, grey where the network does not have one.
        width_px: Room for the sheet.
        chosen: Channel to outline.
        pitch: From row to row; see `patch_sheet`.
    """
    k, tiles = shown.top.score.shape[1], dict(zip(shown.channels, shown.tiles(), strict=True))
    rows = shown.channels if rows is None else rows
    nothing = np.full_like(next(iter(tiles.values())), 128)
    return patch_sheet(
        np.stack([tiles.get(channel, nothing) for channel in rows]),
        rows,
        [_words(shown, channel) for channel in rows],
        [[_hover(shown, channel, place) for place in range(k)] for channel in rows],
        width_px=width_px,
        chosen=chosen,
        pitch=pitch,
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


@dataclass(frozen=True, slots=True)
class Blocks(Grid):
    """Tiles in pairs of blocks, a pair for each channel: patches at the left, projections right.

    `columns` counts pairs; tiles are numbered channel by channel, patches before projections.
    """

    k: int = 9
    pitch: int = 0  # from one row of pairs to the next, where it is more than a pair needs

    @property
    def block(self) -> tuple[int, int]:
        """(height, width) of one block."""
        across = min(NINE, self.k)
        down = -(-self.k // NINE)
        tall, wide = self.height + self.gap, self.width + self.gap
        return down * tall - self.gap, across * wide - self.gap

    @property
    def pair(self) -> tuple[int, int]:
        """(height, width) of a channel's pair of blocks with its heading."""
        high, wide = self.block
        return HEAD_PX + high, 2 * wide + MIDDLE_PX

    @property
    def row_pitch(self) -> int:
        """From one row of pairs to the next."""
        return max(self.pitch, self.pair[0] + APART_PX)

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) of the whole sheet."""
        channels = self.count // (2 * self.k)
        wide = self.pair[1]
        rows, columns = -(-channels // self.columns), min(self.columns, channels)
        return rows * self.row_pitch - APART_PX, columns * (wide + APART_PX) - APART_PX

    def pair_corner(self, place: int) -> tuple[int, int]:
        """(top, left) of a channel's pair."""
        row, column = divmod(place, self.columns)
        wide = self.pair[1]
        return row * self.row_pitch, column * (wide + APART_PX)

    def corner(self, index: int) -> tuple[int, int]:
        """(top, left) of a tile."""
        place, tile = divmod(index, 2 * self.k)
        side, tile = divmod(tile, self.k)
        row, column = divmod(tile, NINE)
        top, left = self.pair_corner(place)
        left += side * (self.block[1] + MIDDLE_PX) + column * (self.width + self.gap)
        return top + HEAD_PX + row * (self.height + self.gap), left


def patch_sheet(
    tiles: np.ndarray,
    channels: Sequence[int],
    headings: Sequence[str],
    hover: Sequence[Sequence[str]],
    *,
    width_px: int = 680,
    chosen: int | None = None,
    pitch: int = 0,
) -> go.Figure:
    """Patches and projections of some channels; a click returns [channel, place].

    Args:
        tiles: (C, 2, k, h, w, 3) uint8, as `small_tiles` gives them.
        channels: The C channels' numbers.
        headings: What stands above each pair.
        hover: What the pointer tells about each place, (C, k).
        width_px: Room for the sheet.
        chosen: Channel to outline.
        pitch: From row to row, where that of another sheet's tiles is larger; see `pitch_of`.
    """
    k = tiles.shape[2]
    one, enlarge = _one_pair(tiles)
    side = one.height
    columns = max(1, (width_px + APART_PX) // (one.pair[1] + APART_PX))
    grid = Blocks(2 * k * len(tiles), columns, side, side, 1, k=k, pitch=pitch)
    pixels = np.zeros((*grid.shape, 4), np.uint8)
    for index, tile in enumerate(tiles.reshape(-1, *tiles.shape[3:])):
        top, left = grid.corner(index)
        large = tile.repeat(enlarge, axis=0).repeat(enlarge, axis=1)
        pixels[top : top + side, left : left + side, :3] = large
        pixels[top : top + side, left : left + side, 3] = 255
    places = [[channel, place] for channel in channels for _ in (0, 1) for place in range(k)]
    texts = [text for line in hover for _ in (0, 1) for text in line]
    figure = point_at_sheet(pixels, grid, places, texts)
    corners = [grid.pair_corner(place) for place in range(len(headings))]
    figure.update_layout(  # all at once: plotly checks those that are there again with each new one
        annotations=[
            _heading(words, corner, channel == chosen)
            for words, corner, channel in zip(headings, corners, channels, strict=True)
        ]
    )
    if chosen is not None and chosen in channels:
        high, wide = grid.pair
        top, left = corners[list(channels).index(chosen)]
        figure.add_shape(
            type="rect",
            x0=left - 2,
            y0=top + HEAD_PX - 2,
            x1=left + wide + 1,
            y1=top + high + 1,
            line={"color": CHOSEN, "width": 2},
        )
    return figure


def pitch_of(tiles: np.ndarray) -> int:
    """From one row of a sheet of such tiles to the next, in pixels."""
    return _one_pair(tiles)[0].row_pitch


def _one_pair(tiles: np.ndarray) -> tuple[Blocks, int]:
    """Where the tiles of one channel lie, and how much they are enlarged."""
    k, height = tiles.shape[2:4]
    enlarge = factor(height, SMALL_PX)
    return Blocks(2 * k, 1, height * enlarge, height * enlarge, 1, k=k), enlarge


def _heading(words: str, corner: tuple[int, int], is_chosen: bool) -> dict[str, Any]:
    top, left = corner
    return {
        "x": left,
        "y": top + HEAD_PX - 3,
        "text": f"<b>{words}</b>" if is_chosen else words,
        "showarrow": False,
        "xanchor": "left",
        "yanchor": "bottom",
        "font": {"size": 12} | ({"color": CHOSEN} if is_chosen else {}),
    }
