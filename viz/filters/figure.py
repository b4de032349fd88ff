"""The first filters on one sheet, all on one scale, and one of them large with its planes."""

from math import isnan

import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from viz.drawing.pointing import point_at_sheet
from viz.drawing.sheet import factor, sheet
from viz.drawing.style import (
    GREY,
    SIGNED,
    head,
    number,
    pixel_axes,
    pixel_figure,
    plain,
    show,
    side_bar,
)
from viz.filters.compute import Filters
from viz.filters.query import FiltersShown

TILE_PX = 48
COLOUR_PX, PLANE_PX, GAP_PX = 200, 84, 22  # of one filter, large, and of its planes


def draw(shown: FiltersShown) -> Figure:
    """All kernels of the first layer."""
    title = f"First filters of {plain(shown.run)}, epoch {shown.epoch}"
    return filters_figure(shown.filters, title=title, label=label_of(shown.weight))


def draw_filters(ax: Axes, filters: Filters) -> None:
    """All kernels, row by row, each pixel enlarged by a whole factor."""
    pixels, _ = sheet(filters.tiles, enlarge=factor(filters.tiles.shape[1], TILE_PX))
    show(ax, pixels)


def label_of(weight: Tensor) -> str:
    """What a scale says of filters (C, 3, h, w) for colours, or (C, 1, h, w) for grey pictures."""
    return "weight, in each of red, green, blue" if weight.shape[1] == 3 else "weight"


def filters_figure(
    filters: Filters, *, title: str = "First filters", label: str = "weight"
) -> Figure:
    """The kernels as RGB tiles; mid grey is a weight of zero where the scale is shared."""
    enlarge = factor(filters.tiles.shape[1], TILE_PX)
    (height, width) = sheet(filters.tiles, enlarge=enlarge)[0].shape[:2]
    shared = not isnan(filters.high)
    figure = pixel_figure(width, height, title, reading(filters), bar=shared)
    draw_filters(pixel_axes(figure, 0, 0, width, height), filters)
    if shared:
        scale = (GREY, filters.low, filters.high, label)
        side_bar(figure, width, height, scale)
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
    return point_at_sheet(pixels, grid, *pointed(filters), chosen=chosen)


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
    index = filters.channel.tolist()
    order = "by number" if index == sorted(index) else "strongest first"
    scale = "each on its own scale" if isnan(filters.high) else "one scale, mid grey is zero"
    return f"{count} kernels of {height}×{width} px, {order}, {scale}"


def filter_planes_figure(weight: Tensor, tile: Tensor, *, title: str, high: float) -> Figure:
    """The filter in colour above what it adds and takes away in red, green and blue.

    Args:
        weight: (3, h, w), or (1, h, w) of a filter for grey images.
        tile: The same as a picture, (h, w, 3) in [0, 1].
        title: Which filter it is.
        high: Weight at the end of the planes' scale, the same for all filters that compare.
    """
    enlarge = factor(weight.shape[1], PLANE_PX)
    plane_height, plane_width = (enlarge * side for side in weight.shape[1:])
    colour = sheet(tile[None], enlarge=factor(tile.shape[0], COLOUR_PX))[0]
    height, width = colour.shape[:2]
    pitch = plane_width + 10
    names = ("red", "green", "blue") if len(weight) == 3 else ("grey",)
    total = max(width, len(names) * pitch)
    top = height + GAP_PX
    figure = pixel_figure(total, top + plane_height, title, "red: adds, blue: takes away", bar=True)
    show(pixel_axes(figure, 0, 0, width, height), colour)
    planes = weight.numpy().repeat(enlarge, axis=1).repeat(enlarge, axis=2)
    for place, (plane, name) in enumerate(zip(planes, names, strict=True)):
        ax = pixel_axes(figure, place * pitch, top, plane_width, plane_height)
        show(ax, plane, cmap=SIGNED, vmin=-high, vmax=high)
        head(ax, name)
    scale = (SIGNED, -high, high, "weight")
    side_bar(figure, len(names) * pitch - 14, plane_height, scale, top=top)
    return figure
