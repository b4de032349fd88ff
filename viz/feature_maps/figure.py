"""What an image does to the channels of a layer."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isqrt
from typing import Any

import numpy as np
import plotly.graph_objects as go
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from viz.drawing.panels import Sheet
from viz.drawing.pointing import NUMBER_ROOM_PX, numbers_under, point_at_spots
from viz.drawing.scales import Scale, common_scale
from viz.drawing.sheet import (
    Grid,
    as_array,
    channels_last,
    factor,
    fitted,
    good_columns,
    sheet,
    shrink,
    spread,
)
from viz.drawing.style import (
    QUIET,
    SMALL_PT,
    head,
    pixel_axes,
    pixel_figure,
    show,
    side_bar,
)
from viz.feature_maps.compute import FeatureMaps
from viz.feature_maps.query import FeatureMapsShown

TILE_PX, IMAGE_PX, CAPTION_PX, GAP_PX = 64, 224, 11, 3
MOST, DRAWN, POINTED = 48, 24, 48  # channels: alone, beside another's, and on a page
COLUMN_PX = 350  # of two or three sheets side by side on a page
# where the sheet is to fit a width
MIN_TILE_PX, MOST_GAP_PX, HEIGHT_PX = 56, 12, 620
SPOTS = 5000  # to point at; a browser draws as many in a quarter of a second


def draw_feature_maps(
    ax: Axes, feature_maps: FeatureMaps, channels: list[int], scale: Scale | None = None
) -> None:
    """Maps of the given channels in that order, all on one scale, the channel's number below."""
    pixels, grid = _sheet(feature_maps, channels, scale=scale)
    show(ax, pixels)
    for index, channel in enumerate(channels):
        top, left = grid.corner(index)
        ax.text(left, top + grid.height + 1, str(channel), size=SMALL_PT, color=QUIET, va="top")


def draw(shown: FeatureMapsShown) -> Figure:
    """The image beside its strongest channels."""
    maps = shown.maps
    channels = maps.order[:MOST].tolist()
    pixels, _ = _sheet(maps, channels)
    image = _image(shown.picture)
    high, wide = image.shape[:2]
    height, width = pixels.shape[:2]
    left = wide + 24
    count, side_y, side_x = maps.maps.shape
    reading = (
        f"the {len(channels)} strongest of {count} channels of {side_y}×{side_x} units, "
        "strongest first, one scale"
    )
    title = f"What the image does to {maps.layer}"
    figure = pixel_figure(left + width, max(height, high) + 16, title, reading, bar=True)
    image_axes = pixel_axes(figure, 0, 16, wide, high)
    show(image_axes, image)
    head(image_axes, "the network's input")
    maps_axes = pixel_axes(figure, left, 16, width, height)
    draw_feature_maps(maps_axes, maps, channels)
    head(maps_axes, f"{maps.layer}, channel number below each map")
    colours, low, high_value = map_scale(maps)
    side_bar(figure, left + width, height, (colours, low, high_value, "activation"), top=16)
    return figure


@dataclass(frozen=True)
class MapSheet(Sheet):
    """The strongest channels, the number of each below its map.

    A click returns [channel, row, column, value] of the unit under the pointer.
    """

    maps: FeatureMaps | None = None
    linked: bool = True  # False: its places are not those of the sheet beside it

    def draw(self, figure: Figure, left: int, top: int) -> Axes:
        """Draw it with its corner there, in pixels of the figure."""
        assert self.maps is not None
        ax = pixel_axes(figure, left, top, *self.size)
        draw_feature_maps(ax, self.maps, list(self.stands_for), self.scale)
        return ax

    def point(self, chosen: Any = None, side: int | None = None) -> go.Figure:
        """The same to point at, with more channels.

        Args:
            chosen: Channel, row and column of the unit to outline; where places are not linked,
                the channel's own strongest unit is outlined.
            side: Tiles are enlarged by whole factors to fit a column of a page, not a side.
        """
        del side
        assert self.maps is not None
        if chosen is not None and not self.linked:
            channel = chosen[0]
            known = channel < len(self.maps.maps)
            chosen = (channel, *strongest_unit(self.maps, channel)) if known else None
        return feature_maps_pointing(
            self.maps, most=POINTED, chosen=chosen, width_px=COLUMN_PX, scale=self.scale,
            linked=self.linked,
        )  # fmt: skip


def map_sheet(maps: FeatureMaps, scale: Scale, *, label: str = "", linked: bool = True) -> MapSheet:
    """The strongest channels of a layer, on a scale that others share.

    Args:
        maps: Of the layer, in the order in which they are drawn.
        scale: Of all maps.
        label: Before "activation" at the scale bar.
        linked: Whether its places are those of the sheet beside it.
    """
    channels = maps.order[:DRAWN].tolist()
    pixels, grid = _sheet(maps, channels, scale=scale)
    hover = [f"channel {channel}" for channel in channels]
    words = f"{label}activation"
    return MapSheet(pixels, grid, channels, hover, scale, words, maps=maps, linked=linked)


def strongest_unit(maps: FeatureMaps, channel: int) -> tuple[int, int]:
    """Row and column of the channel's largest activation."""
    return divmod(int(maps.maps[channel].argmax()), maps.maps.shape[2])


def feature_maps_pointing(
    feature_maps: FeatureMaps,
    *,
    most: int | None = None,
    channels: Sequence[int] | None = None,
    chosen: tuple[int, int, int] | None = None,
    width_px: int | None = None,
    scale: Scale | None = None,
    linked: bool = True,
) -> go.Figure:
    """The channels on one sheet, strongest first; a click returns [channel, row, column, value].

    That is the unit under the pointer, as long as there are no more than `SPOTS` of them. Else
    each map is divided into spots, and it is the strongest unit of the spot.

    Args:
        feature_maps: Of one layer.
        most: Channels to show; all by default.
        channels: Which, where it is not the strongest.
        chosen: Channel, row and column of the unit to outline, with its map.
        width_px: Room for the sheet.
        scale: That other sheets share; the layer's own if not given.
        linked: False adds a fifth entry to a click: its place is not one of the sheet beside it.
    """
    channels = feature_maps.order[:most].tolist() if channels is None else list(channels)
    pixels, grid = _sheet(
        feature_maps, channels, caption=NUMBER_ROOM_PX, width_px=width_px, scale=scale
    )
    maps = as_array(feature_maps.maps)[channels]
    values, rows, cols = _strongest_of_spots(maps, isqrt(SPOTS // len(channels)))
    enlarge = grid.height / maps.shape[1]
    across = max(1, grid.width // values.shape[2])
    centres, units = [], []
    for index, channel in enumerate(channels):
        top, left = grid.corner(index)
        for row, col in np.ndindex(values.shape[1:]):
            y = top + (row + 0.5) * grid.height / values.shape[1] - 0.5
            x = left + (col + 0.5) * grid.width / values.shape[2] - 0.5
            centres.append((y, x))
            place = index, row, col
            shown = float(f"{values[place]:.3g}")
            unit = [channel, int(rows[place]), int(cols[place]), shown]
            units.append(unit if linked else [*unit, "own"])
    outlines = []
    if chosen is not None and chosen[0] in channels:
        top, left = grid.corner(channels.index(chosen[0]))
        outlines.append((top, left, top + grid.height, left + grid.width))
        down, right = (enlarge * place for place in chosen[1:])
        outlines.append((top + down, left + right, top + down + enlarge, left + right + enlarge))
    hover = (
        "channel %{customdata[0]}, row %{customdata[1]}, column %{customdata[2]}: %{customdata[3]}"
    )
    numbers = numbers_under(grid, channels, channels, chosen and chosen[0])
    return point_at_spots(pixels, centres, across, units, hover, outlines, numbers)


def _strongest_of_spots(maps: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Value, row and column of the strongest unit of each spot, three of (C, spots, spots).

    Args:
        maps: (C, h, w).
        most: Spots along a side; a spot is one unit where that is enough.
    """
    down, right = (_spots(side, most) for side in maps.shape[1:])
    found = np.empty((3, len(maps), len(down), len(right)))
    for place in np.ndindex(len(down), len(right)):
        (top, bottom), (left, end) = down[place[0]], right[place[1]]
        spot = maps[:, top:bottom, left:end].reshape(len(maps), -1)
        best = spot.argmax(1)
        width = end - left
        strongest = spot.max(1), top + best // width, left + best % width
        found[(slice(None), slice(None), *place)] = strongest
    return found[0], found[1], found[2]


def _spots(side: int, most: int) -> list[tuple[int, int]]:
    """First and last row, half open, of spots of about the same height."""
    count = max(1, min(most, side))
    edges = [place * side // count for place in range(count + 1)]
    return list(pairwise(edges))


def _image(picture: Tensor) -> np.ndarray:
    """The input, enlarged or reduced by a whole factor to about the size of three maps."""
    image = shrink(channels_last(picture)[None], IMAGE_PX)
    return sheet(image, enlarge=factor(image.shape[1], IMAGE_PX))[0]


def map_scale(*feature_maps: FeatureMaps) -> Scale:
    """One for all: about zero where there are negative values, else from zero up."""
    return common_scale(*(each.maps for each in feature_maps))


def _sheet(
    feature_maps: FeatureMaps,
    channels: list[int],
    caption: int = CAPTION_PX,
    width_px: int | None = None,
    scale: Scale | None = None,
) -> tuple[np.ndarray, Grid]:
    colours, low, high = scale or map_scale(feature_maps)
    maps = as_array(feature_maps.maps)[channels]
    tiles = colormaps[colours]((maps - low) / (high - low))[..., :3]
    if width_px is None:
        columns, enlarge = good_columns(len(channels)), factor(max(tiles.shape[1:3]), TILE_PX)
        return sheet(tiles, columns, gap=GAP_PX, enlarge=enlarge, caption=caption)
    room = min(HEIGHT_PX, width_px)
    _, tile_px = fitted(len(tiles), 1, width_px, room, gap=GAP_PX, caption=caption)
    tile_px = max(MIN_TILE_PX, tile_px)  # better a longer sheet than maps too small to read
    tiles = shrink(tiles, tile_px)
    side = max(tiles.shape[1:3])
    enlarge = factor(side, tile_px)
    columns = max(1, min(len(tiles), (width_px + GAP_PX) // (enlarge * side + GAP_PX)))
    gap = spread(columns, enlarge * side, width_px, gap=GAP_PX, most=MOST_GAP_PX)
    return sheet(tiles, columns, gap=gap, enlarge=enlarge, caption=caption)


def silent(maps: FeatureMaps) -> list[int]:
    """The channels of which no unit is above zero."""
    return (maps.maps.amax((1, 2)) <= 0).nonzero()[:, 0].tolist()
