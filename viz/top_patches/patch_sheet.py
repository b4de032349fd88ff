"""A page of channels to point at: nine patches beside nine projections, as in Zeiler & Fergus."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from torch import Tensor
from torch.nn import functional

from viz.drawing.pointing import CHOSEN, point_at_sheet
from viz.drawing.sheet import Grid, channels_last, factor, grey_centred, to_bytes
from viz.drawing.style import QUIET
from viz.top_patches.gallery import Gallery

TILE_PX, HEAD_PX, MIDDLE_PX, BETWEEN_PX = 54, 20, 4, 12
NINE = 3  # tiles in a row of a block


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
        return max(self.pitch, self.pair[0] + BETWEEN_PX)

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) of the whole sheet."""
        channels = self.count // (2 * self.k)
        wide = self.pair[1]
        rows, columns = -(-channels // self.columns), min(self.columns, channels)
        return rows * self.row_pitch - BETWEEN_PX, columns * (wide + BETWEEN_PX) - BETWEEN_PX

    def pair_corner(self, place: int) -> tuple[int, int]:
        """(top, left) of a channel's pair."""
        row, column = divmod(place, self.columns)
        wide = self.pair[1]
        return row * self.row_pitch, column * (wide + BETWEEN_PX)

    def corner(self, index: int) -> tuple[int, int]:
        """(top, left) of a tile."""
        place, tile = divmod(index, 2 * self.k)
        side, tile = divmod(tile, self.k)
        row, column = divmod(tile, NINE)
        top, left = self.pair_corner(place)
        left += side * (self.block[1] + MIDDLE_PX) + column * (self.width + self.gap)
        return top + HEAD_PX + row * (self.height + self.gap), left


def small_tiles(gallery: Gallery) -> np.ndarray:
    """Patches and projections as a sheet shows them, (C, 2, k, h, w, 3) uint8."""
    # reduced before it is scaled: a mean over both signs would leave little but grey
    patches = channels_last(_reduced(gallery.patch))
    projections = grey_centred(_reduced(gallery.projection))
    return to_bytes(np.stack([patches, projections], axis=1))


def _reduced(tiles: Tensor) -> Tensor:
    """(C, k, 3, s, s) with s at most TILE_PX."""
    if tiles.shape[-1] <= TILE_PX:
        return tiles
    side = (TILE_PX, TILE_PX)
    small = functional.interpolate(tiles.flatten(0, 1), side, mode="bilinear", antialias=True)
    return small.unflatten(0, tiles.shape[:2])


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
    columns = max(1, (width_px + BETWEEN_PX) // (one.pair[1] + BETWEEN_PX))
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
    enlarge = factor(height, TILE_PX)
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
        "font": {"size": 12, "color": CHOSEN if is_chosen else QUIET},
    }
