"""A query and the images that look alike to the network."""

from collections.abc import Sequence
from textwrap import wrap

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from viz.drawing.colours import class_colour
from viz.drawing.sheet import channels_last, factor, sheet, shrink
from viz.drawing.style import (
    INK,
    QUIET,
    SMALL_PT,
    class_name,
    number,
    pixel_axes,
    pixel_figure,
    show,
)
from viz.retrieval.compute import Neighbours

TILE_PX, COLUMNS, UNDER_PX = 128, 6, 42


def draw_neighbour(ax: Axes, picture: Tensor, above: str, below: str, colour: str | None) -> None:
    """One image (3, H, W) in [0, 1], its class in words and as a bar of the class's colour."""
    tiles = shrink(channels_last(picture)[None], TILE_PX)
    pixels, _ = sheet(tiles, enlarge=factor(tiles.shape[1], TILE_PX))
    height, width = pixels.shape[:2]
    show(ax, pixels)
    if colour is not None:
        bar = Rectangle((-0.5, height + 1), width, 3, color=colour, clip_on=False, linewidth=0)
        ax.add_patch(bar)
    lines = wrap(above, 22)[:2]
    for line, text in enumerate(lines):
        ax.text(-0.5, height + 6 + 11 * line, text, size=SMALL_PT + 0.5, color=INK, va="top")
    under = height + 6 + 11 * len(lines)
    ax.text(-0.5, under, below, size=SMALL_PT, color=QUIET, va="top")


def retrieval_figure(
    query: Tensor,
    pictures: Tensor,
    neighbours: Neighbours,
    labels: Sequence[int],
    classes: Sequence[str],
    *,
    layer: str = "fc7",
    query_name: str = "query",
) -> Figure:
    """The query, then its neighbours in order.

    Args:
        query: (3, H, W) in [0, 1].
        pictures: The k neighbours, (k, 3, H, W) in [0, 1].
        neighbours: Their distances.
        labels: Their classes.
        classes: Names of all classes.
        layer: Whose features are compared.
        query_name: Class or file of the query.
    """
    tile = shrink(channels_last(query)[None], TILE_PX).shape[1]
    side = tile * factor(tile, TILE_PX)
    columns = min(COLUMNS, len(labels))
    rows = -(-len(labels) // columns)
    left, pitch_x, pitch_y = side + 30, side + 10, side + UNDER_PX + 10
    width, height = left + columns * pitch_x - 10, rows * pitch_y - 10
    reading = f"nearest first, Euclidean distance between {layer} features below"
    figure = pixel_figure(width, height, f"What looks alike to {layer}", reading)
    draw_neighbour(pixel_axes(figure, 0, 0, side, side), query, query_name, "query", None)
    for place, label in enumerate(labels):
        row, column = divmod(place, columns)
        ax = pixel_axes(figure, left + column * pitch_x, row * pitch_y, side, side)
        distance = f"distance {number(float(neighbours.distance[place]))}"
        name, colour = class_name(classes, label, 40), class_colour(label)
        draw_neighbour(ax, pictures[place], name, distance, colour)
    return figure
