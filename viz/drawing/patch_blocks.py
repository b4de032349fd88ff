"""Nine patches and nine projections for each of many channels, on one sheet to point at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from viz.drawing.pointing import CHOSEN, point_at_sheet
from viz.drawing.sheet import Grid, factor, full_contrast, spread

SMALL_PX = 54  # of a tile, if not said otherwise
HEAD_PX, MIDDLE_PX, APART_PX, MOST_APART_PX = 20, 4, 12, 48
NINE = 3  # tiles in a row of a block


@dataclass(frozen=True, slots=True)
class Blocks(Grid):
    """Tiles in pairs of blocks, a pair for each channel: patches at the left, projections right.

    `columns` counts pairs; tiles are numbered channel by channel, patches before projections.
    """

    k: int = 9
    pitch: int = 0  # from one row of pairs to the next, where it is more than a pair needs
    apart: int = APART_PX  # from one pair to the next

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
        return rows * self.row_pitch - APART_PX, columns * (wide + self.apart) - self.apart

    def pair_corner(self, place: int) -> tuple[int, int]:
        """(top, left) of a channel's pair."""
        row, column = divmod(place, self.columns)
        wide = self.pair[1]
        return row * self.row_pitch, column * (wide + self.apart)

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
    tile_px: int = SMALL_PX,
) -> go.Figure:
    """Patches and projections of some channels; a click returns [channel, place].

    Args:
        tiles: (C, 2, k, h, w, 4) uint8, as `small_tiles` gives them.
        channels: The C channels' numbers.
        headings: What stands above each pair.
        hover: What the pointer tells about each place, (C, k).
        width_px: Room for the sheet.
        chosen: Channel to outline.
        pitch: From row to row, where that of another sheet's tiles is larger; see `pitch_of`.
        tile_px: Side of a tile: larger ones are reduced, smaller ones enlarged by a whole factor.
    """
    k = tiles.shape[2]
    one = _one_pair(tiles, tile_px)
    side = one.height
    columns = max(1, (width_px + APART_PX) // (one.pair[1] + APART_PX))
    columns = min(columns, len(tiles))
    apart = spread(columns, one.pair[1], width_px, gap=APART_PX, most=MOST_APART_PX)
    grid = Blocks(2 * k * len(tiles), columns, side, side, 1, k=k, pitch=pitch, apart=apart)
    pixels = np.zeros((*grid.shape, 4), np.uint8)
    for index, tile in enumerate(_resized(tiles.reshape(-1, *tiles.shape[3:]), side, k)):
        top, left = grid.corner(index)
        pixels[top : top + side, left : left + side] = tile
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


def pitch_of(tiles: np.ndarray, tile_px: int = SMALL_PX) -> int:
    """From one row of a sheet of such tiles to the next, in pixels."""
    return _one_pair(tiles, tile_px).row_pitch


def tile_px_for(width_px: int, side: int, k: int = 9) -> int:
    """Side of the tiles with which pairs of blocks fill a width.

    Args:
        width_px: Room for the sheet.
        side: Of the tiles, in their own pixels; small ones are enlarged by whole factors.
        k: Tiles in a block.
    """
    across = 2 * min(NINE, k)

    def room(columns: int) -> int:
        pair = (width_px - (columns - 1) * APART_PX) // columns
        return (pair - MIDDLE_PX) // across - 1

    columns = 1
    while room(columns + 1) >= SMALL_PX:
        columns += 1
    most = max(room(columns), 1)
    return most if most < side else factor(side, most) * side


def _one_pair(tiles: np.ndarray, tile_px: int = SMALL_PX) -> Blocks:
    """Where the tiles of one channel lie."""
    k, height = tiles.shape[2:4]
    side = tile_px if height > tile_px else height * factor(height, tile_px)
    return Blocks(2 * k, 1, side, side, 1, k=k)


def _resized(tiles: np.ndarray, side: int, k: int) -> np.ndarray:
    """(N, h, w, 4) uint8 at a side, patches and projections in turns of k."""
    height = tiles.shape[1]
    if height <= side:
        by = side // height
        return tiles.repeat(by, axis=1).repeat(by, axis=2)
    size, box = (side, side), Image.Resampling.BOX
    found = np.stack([np.array(Image.fromarray(tile).resize(size, box)) for tile in tiles])
    for index in range(len(found)):
        if index // k % 2:  # a mean over both signs is paler than either
            grey = found[index, ..., :3].astype(float) - 128
            full = full_contrast(grey[found[index, ..., 3] > 0])
            found[index, ..., :3] = (128 + grey * (127 / full)).clip(0, 255)
    return found


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
