"""A query and the images that look alike to the network."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from viz.drawing.captioned_sheet import LETTERS, WIDTH_PX, captioned_sheet
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
    plain,
    show,
)
from viz.drawing.words import in_lines, label_of
from viz.retrieval.query import RetrievalShown

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
    lines = in_lines(above, 22)
    for line, text in enumerate(lines):
        ax.text(-0.5, height + 6 + 11 * line, text, size=SMALL_PT + 0.5, color=INK, va="top")
    under = height + 6 + 11 * len(lines)
    ax.text(-0.5, under, below, size=SMALL_PT, color=QUIET, va="top")


def draw(shown: RetrievalShown) -> Figure:
    """The image looked for, then its neighbours in order."""
    labels, layer = shown.labels, shown.layer
    tile = shrink(channels_last(shown.picture)[None], TILE_PX).shape[1]
    side = tile * factor(tile, TILE_PX)
    columns = min(COLUMNS, len(labels))
    rows = -(-len(labels) // columns)
    left, pitch_x, pitch_y = side + 30, side + 10, side + UNDER_PX + 10
    width, height = left + columns * pitch_x - 10, rows * pitch_y - 10
    reading = f"nearest first, Euclidean distance between {layer} features below"
    figure = pixel_figure(width, height, f"What looks alike to {layer}", reading)
    query = pixel_axes(figure, 0, 0, side, side)
    draw_neighbour(query, shown.picture, plain(shown.name, 44), "query", None)
    for place, label in enumerate(labels):
        row, column = divmod(place, columns)
        ax = pixel_axes(figure, left + column * pitch_x, row * pitch_y, side, side)
        distance = f"distance {number(float(shown.neighbours.distance[place]))}"
        name, colour = class_name(shown.classes, label), class_colour(label)
        draw_neighbour(ax, shown.pictures[place], name, distance, colour)
    return figure


def neighbour_sheet(
    pictures: np.ndarray,
    indices: Sequence[int],
    distances: Sequence[float],
    labels: Sequence[int],
    classes: Sequence[str],
    *,
    label: int | None = None,
    width_px: int = WIDTH_PX,
) -> go.Figure:
    """The images in order; a click returns the image's index.

    Args:
        pictures: (k, S, S, 3) uint8.
        indices: Of the images in their split.
        distances: From the query, ascending.
        labels: Class of each image.
        classes: Names of all classes.
        label: Class of the query, if it is known: neighbours are marked as right or wrong.
        width_px: Of the whole sheet.
    """
    marks = {None: "", True: "✓ ", False: "✗ "}
    right = [None if label is None else one == label for one in labels]
    hover = [
        f"{classes[one]}\ndistance {number(distance)}, image {index}"
        for index, distance, one in zip(indices, distances, labels, strict=True)
    ]
    captions = [
        [*in_lines(marks[hit] + label_of(classes, one, None), LETTERS), number(distance)]
        for one, distance, hit in zip(labels, distances, right, strict=True)
    ]
    return captioned_sheet(
        pictures,
        list(indices),
        captions,
        hover,
        [class_colour(one) for one in labels],
        width_px=width_px,
        right=None if label is None else [one == label for one in labels],
    )
