"""Neighbours to point at: images in order, class and distance under each."""

from collections.abc import Sequence
from textwrap import wrap

import numpy as np
import plotly.graph_objects as go

from viz.drawing.captioned_sheet import LETTERS, captioned_sheet
from viz.drawing.colours import class_colour
from viz.drawing.style import class_name, number


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
    hover = [
        f"{class_name(classes, label)}, distance {number(distance)}, image {index}"
        for index, distance, label in zip(indices, distances, labels, strict=True)
    ]
    captions = [
        [*wrap(classes[label], LETTERS, max_lines=2, placeholder="…"), number(distance)]
        for label, distance in zip(labels, distances, strict=True)
    ]
    colours = [class_colour(label) for label in labels]  # the class by colour, and by name below
    return captioned_sheet(pictures, list(indices), captions, hover, colours, lines=3)
