"""Neighbours to point at: images in order, class and distance under each."""

from collections.abc import Sequence
from html import escape
from textwrap import wrap

import numpy as np
import plotly.graph_objects as go

from viz.figures.colours import class_colour
from viz.figures.pointing import point_at_sheet
from viz.figures.sheet import factor, sheet, shrink
from viz.figures.style import QUIET, class_name, number

TILE_PX, COLUMNS, UNDER_PX, GAP_PX = 128, 5, 56, 8
LETTERS = 20  # that fit under an image; a class name has two lines


def neighbour_sheet(
    pictures: np.ndarray,
    indices: Sequence[int],
    distances: Sequence[float],
    labels: Sequence[int],
    classes: Sequence[str],
) -> go.Figure:
    """The images in order; a click returns the image's index.

    Args:
        pictures: (k, S, S, 3) uint8.
        indices: Of the images in their split.
        distances: From the query, ascending.
        labels: Class of each image.
        classes: Names of all classes.
    """
    tiles = shrink(pictures / 255, TILE_PX)
    by = factor(tiles.shape[1], TILE_PX)
    pixels, grid = sheet(tiles, COLUMNS, gap=GAP_PX, enlarge=by, caption=UNDER_PX)
    hover = [
        f"{class_name(classes, label)}, distance {number(distance)}, image {index}"
        for index, distance, label in zip(indices, distances, labels, strict=True)
    ]
    figure = point_at_sheet(pixels, grid, list(indices), hover)
    for place, (distance, label) in enumerate(zip(distances, labels, strict=True)):
        top, left = grid.corner(place)
        bottom = top + grid.height
        figure.add_shape(  # the class by colour, and by name below
            type="rect",
            x0=left - 0.5,
            x1=left + grid.width - 0.5,
            y0=bottom + 1,
            y1=bottom + 5,
            fillcolor=class_colour(label),
            line_width=0,
        )
        name = wrap(classes[label], LETTERS, max_lines=2, placeholder="…")
        figure.add_annotation(
            x=left - 0.5,
            y=bottom + 6,
            text="<br>".join([*map(escape, name), f"<b>{number(distance)}</b>"]),
            showarrow=False,
            align="left",
            xanchor="left",
            yanchor="top",
            font={"size": 12, "color": QUIET},
        )
    return figure
