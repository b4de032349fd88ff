"""The first filters on one sheet, all on one scale."""

from collections.abc import Sequence
from math import isnan

import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from viz.drawing.pointing import point_at_sheet
from viz.drawing.sheet import factor, sheet
from viz.drawing.style import (
    GREY,
    head,
    number,
    pixel_axes,
    pixel_figure,
    plain,
    show,
    side_bar,
)
from viz.filters.compute import Filters

TILE_PX = 48
BETWEEN, NAME_ROOM = 24, 18  # px between sheets, and above them
LABEL = "weight, in each of red, green, blue"


def draw_filters(ax: Axes, filters: Filters) -> None:
    """All kernels, row by row, each pixel enlarged by a whole factor."""
    pixels, _ = sheet(filters.tiles, enlarge=factor(filters.tiles.shape[1], TILE_PX))
    show(ax, pixels)


def filters_figure(filters: Filters, *, title: str = "First filters") -> Figure:
    """The kernels as RGB tiles; mid grey is a weight of zero where the scale is shared."""
    enlarge = factor(filters.tiles.shape[1], TILE_PX)
    (height, width) = sheet(filters.tiles, enlarge=enlarge)[0].shape[:2]
    shared = not isnan(filters.high)
    figure = pixel_figure(width, height, title, _reading(filters), bar=shared)
    draw_filters(pixel_axes(figure, 0, 0, width, height), filters)
    if shared:
        scale = (GREY, filters.low, filters.high, LABEL)
        side_bar(figure, width, height, scale)
    return figure


def filters_beside_figure(sheets: Sequence[tuple[str, Filters]]) -> Figure:
    """Several networks' kernels beside each other on one scale, each under its name.

    Args:
        sheets: Name and filters of each; all on the same scale.
    """
    drawn = [sheet(each.tiles, enlarge=factor(each.tiles.shape[1], TILE_PX)) for _, each in sheets]
    sizes = [pixels.shape[:2] for pixels, _ in drawn]
    lefts = [sum(wide + BETWEEN for _, wide in sizes[:place]) for place in range(len(sizes))]
    height, width = max(tall for tall, _ in sizes), lefts[-1] + sizes[-1][1]
    first = sheets[0][1]
    shared = not isnan(first.high)
    figure = pixel_figure(width, height + NAME_ROOM, "First filters", _reading(first), bar=shared)
    for (name, _), (pixels, _), (tall, wide), left in zip(sheets, drawn, sizes, lefts, strict=True):
        ax = pixel_axes(figure, left, NAME_ROOM, wide, tall)
        show(ax, pixels)
        head(ax, plain(name, 60))
    if shared:
        side_bar(figure, width, height, (GREY, first.low, first.high, LABEL), top=NAME_ROOM)
    return figure


def filters_pointing(
    filters: Filters, *, chosen: int | None = None, tile_px: int = TILE_PX
) -> go.Figure:
    """The same sheet to point at: a click returns the channel's own index as `customdata`.

    Args:
        filters: What to show.
        chosen: Channel to outline.
        tile_px: Side not to exceed; kernels are enlarged by the largest whole factor within it.
    """
    pixels, grid = sheet(filters.tiles, enlarge=factor(filters.tiles.shape[1], tile_px))
    channels = filters.channel.tolist()
    hover = [
        f"filter {channel}, norm {number(norm)}"
        for channel, norm in zip(channels, filters.norm.tolist(), strict=True)
    ]
    return point_at_sheet(pixels, grid, channels, hover, chosen=chosen)


def _reading(filters: Filters) -> str:
    count, height, width = filters.tiles.shape[:3]
    index = filters.channel.tolist()
    order = "by number" if index == sorted(index) else "strongest first"
    scale = "each on its own scale" if isnan(filters.high) else "one scale, mid grey is zero"
    return f"{count} kernels of {height}×{width} px, {order}, {scale}"
