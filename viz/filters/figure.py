"""The first filters on one sheet, all on one scale, and one of them large with its planes."""

from math import isnan

import numpy as np
import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from viz.drawing.pointing import NUMBER_ROOM_PX, point_at_sheet
from viz.drawing.sheet import Grid, as_array, factor, fitted, sheet, spread
from viz.drawing.style import (
    AMOUNT,
    GREY,
    ON_DARK,
    QUIET,
    SIGNED,
    TEXT_PT,
    head,
    number,
    pixel_axes,
    pixel_figure,
    plain,
    show,
    side_bar,
)
from viz.filters.compute import Filters, Order
from viz.filters.query import FiltersShown
from viz.network.spectra import spectra
from viz.network.weights import healed

TILE_PX, CAPTION_PX = 48, 13
COLOUR_PX, PLANE_PX, GAP_PX, SPECTRUM_PX = 180, 84, 22, 2  # of one filter, large; px a frequency
APART_PX, MOST_APART_PX, HEIGHT_PX = 6, 16, 640  # of tiles on a page
ORDERS: dict[Order, str] = {
    "index": "by number",
    "norm": "strongest first",
    "frequency": "coarse before fine",
    "orientation": "by orientation",
    "colour": "colour before grey",
}


def draw(shown: FiltersShown) -> Figure:
    """All kernels of the first layer."""
    title = f"First filters of {plain(shown.run)}, epoch {shown.epoch}"
    return filters_figure(shown.filters, title=title, label=label_of(shown.weight))


def draw_filters(ax: Axes, filters: Filters) -> None:
    """All kernels, row by row, each pixel enlarged by a whole factor, its number below."""
    pixels, grid = _sheet(filters)
    show(ax, pixels)
    for index, channel in enumerate(filters.channel.tolist()):
        top, left = grid.corner(index)
        ax.text(left, top + grid.height + 1, channel, size=TEXT_PT, color=QUIET, va="top")


def label_of(weight: Tensor) -> str:
    """What a scale says of filters (C, 3, h, w) for colours, or (C, 1, h, w) for grey pictures."""
    return "weight, in each of red, green, blue" if weight.shape[1] == 3 else "weight"


def filters_figure(
    filters: Filters, *, title: str = "First filters", label: str = "weight"
) -> Figure:
    """The kernels as RGB tiles; mid grey is a weight of zero where the scale is shared."""
    height, width = _sheet(filters)[1].shape
    shared = not isnan(filters.high)
    figure = pixel_figure(width, height, title, reading(filters), bar=shared)
    draw_filters(pixel_axes(figure, 0, 0, width, height), filters)
    if shared:
        scale = (GREY, filters.low, filters.high, label)
        side_bar(figure, width, height, scale)
    return figure


def _sheet(filters: Filters) -> tuple[np.ndarray, Grid]:
    enlarge = factor(filters.tiles.shape[1], TILE_PX)
    return sheet(filters.tiles, enlarge=enlarge, caption=CAPTION_PX)


def filters_pointing(
    filters: Filters, *, chosen: int | None = None, width_px: int = 690
) -> go.Figure:
    """The same sheet to point at: a click returns the channel's own index as `customdata`.

    Args:
        filters: What to show.
        chosen: Channel to outline.
        width_px: Room that the sheet fills; kernels are enlarged by whole factors, as long as
            they stay in sight.
    """
    count, side = filters.tiles.shape[:2]
    columns, enlarge = fitted(
        count, side, width_px - 4, min(HEIGHT_PX, width_px), gap=APART_PX, caption=NUMBER_ROOM_PX
    )
    gap = spread(columns, enlarge * side, width_px - 4, gap=APART_PX, most=MOST_APART_PX)
    pixels, grid = sheet(filters.tiles, columns, gap, enlarge, NUMBER_ROOM_PX)
    channels, hover = pointed(filters)
    return point_at_sheet(pixels, grid, channels, hover, chosen=chosen, numbers=channels)


def pointed(filters: Filters) -> tuple[list[int], list[str]]:
    """What a click on each tile returns, and what the pointer tells about it."""
    channels = filters.channel.tolist()
    hover = [
        f"filter {channel}, norm {number(norm)}"
        for channel, norm in zip(channels, filters.norm.tolist(), strict=True)
    ]
    return channels, hover


def reading(filters: Filters) -> str:
    """One line on how many there are, in which order and on which scale."""
    count, height, width = filters.tiles.shape[:3]
    scale = "each on its own scale" if isnan(filters.high) else "one scale, mid grey is zero"
    return f"{count} kernels of {height}×{width} px, {ORDERS[filters.order]}, {scale}"


def filter_planes_figure(
    weight: Tensor, tile: Tensor, *, title: str, high: float, stride: int | None = None
) -> Figure:
    """The filter in colour above what it adds and takes away in red, green and blue.

    Args:
        weight: (3, h, w), or (1, h, w) of a filter for grey images.
        tile: The same as a picture, (h, w, 3) in [0, 1].
        title: Which filter it is.
        high: Weight at the end of the planes' scale, the same for all filters that compare.
        stride: Of the layer: with it, the spectrum stands beside the filter.
    """
    enlarge = factor(weight.shape[1], PLANE_PX)
    plane_height, plane_width = (enlarge * side for side in weight.shape[1:])
    colour = sheet(tile[None], enlarge=factor(tile.shape[0], COLOUR_PX))[0]
    height, width = colour.shape[:2]
    pitch = plane_width + 10
    names = ("red", "green", "blue") if len(weight) == 3 else ("grey",)
    power = None if stride is None else spectra(healed(weight)[None], stride)
    wide = 0 if power is None else SPECTRUM_PX * len(power.frequency)
    total = max(width + (wide and wide + 2 * GAP_PX), len(names) * pitch)
    top = GAP_PX + height + GAP_PX
    figure = pixel_figure(total, top + plane_height, title, "red: adds, blue: takes away", bar=True)
    ax = pixel_axes(figure, 0, GAP_PX, width, height)
    show(ax, colour)
    head(ax, "in colour, mid grey is 0")
    if power is not None:
        _draw_spectrum(figure, width + GAP_PX, GAP_PX, wide, power.power[0], power.limit)
    planes = weight.numpy().repeat(enlarge, axis=1).repeat(enlarge, axis=2)
    for place, (plane, name) in enumerate(zip(planes, names, strict=True)):
        ax = pixel_axes(figure, place * pitch, top, plane_width, plane_height)
        show(ax, plane, cmap=SIGNED, vmin=-high, vmax=high)
        head(ax, name)
    scale = (SIGNED, -high, high, "weight")
    side_bar(figure, len(names) * pitch - 14, plane_height, scale, top=top)
    return figure


def _draw_spectrum(
    figure: Figure, left: int, top: int, side: int, power: Tensor, limit: float
) -> None:
    """Amplitudes from −½ to ½ cycle a pixel; in the dashed square what the stride can carry."""
    ax = pixel_axes(figure, left, top, side, side)
    show(ax, as_array(power.sqrt()), cmap=AMOUNT, extent=(-0.5, 0.5, 0.5, -0.5))
    head(ax, "spectrum, ±½ cycle/px")
    corner, across = (-limit, -limit), 2 * limit
    square = Rectangle(corner, across, across, fill=False, color=ON_DARK, linestyle="--")
    ax.add_patch(square)
    words = f"dashed: Nyquist limit of the stride,\n{number(limit)} cycles/px"
    ax.text(0, -0.04, words, size=TEXT_PT, color=QUIET, va="top", transform=ax.transAxes)
