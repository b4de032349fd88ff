"""Misclassified images, each over its top-5 predictions."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from viz.drawing.captioned_sheet import LETTERS, WIDTH_PX, captioned_sheet
from viz.drawing.colours import OKABE_ITO, class_colour
from viz.drawing.sheet import channels_last, factor, sheet, shrink
from viz.drawing.style import (
    INK,
    QUIET,
    SMALL_PT,
    class_name,
    hide_axes,
    pixel_axes,
    pixel_figure,
    show,
)
from viz.drawing.words import in_lines, label_of
from viz.mistakes.compute import Mistakes, Order
from viz.mistakes.query import MistakesShown

TILE_PX, COLUMNS, NAME_PX, BAR_PX, GAP_PX = 144, 4, 20, 15, 18
TRUE, OTHER = OKABE_ITO[5], OKABE_ITO[4]  # as the paper's red and blue
READINGS: dict[Order, str] = {
    "surest": "most confident mistakes first",
    "worst": "lowest probability of the true class first",
}


def draw_predictions(
    ax: Axes,
    predictions: Sequence[int],
    probabilities: Sequence[float],
    classes: Sequence[str],
    *,
    label: int,
) -> None:
    """A bar from 0 to 1 for each prediction, its name on it; that of the true class in red."""
    rows = list(range(len(predictions)))
    colours = [TRUE if prediction == label else OTHER for prediction in predictions]
    ax.barh(rows, probabilities, height=0.86, color=colours, alpha=0.55)
    for row, prediction in zip(rows, predictions, strict=True):
        ax.text(0.02, row, class_name(classes, prediction), size=SMALL_PT, color=INK, va="center")
    ax.set_xlim(0, 1)
    ax.set_ylim(len(predictions) - 0.5, -0.5)
    hide_axes(ax)
    ax.axvline(0, color=QUIET, linewidth=0.8)


def draw(shown: MistakesShown) -> Figure:
    """Each image with its class in words and its top-5 predictions as bars.

    Source: Krizhevsky et al. 2012, figure 4, left.
    """
    mistakes, classes = shown.found, shown.classes
    tiles = shrink(channels_last(shown.pictures), TILE_PX)
    side = tiles.shape[1] * factor(tiles.shape[1], TILE_PX) if len(tiles) else TILE_PX
    tall = side + NAME_PX + BAR_PX * mistakes.guess.shape[1]
    columns = min(COLUMNS, max(1, len(mistakes)))
    rows = max(1, -(-len(mistakes) // columns))
    width, height = columns * (side + GAP_PX) - GAP_PX, rows * (tall + GAP_PX) - GAP_PX
    order = READINGS[shown.look.order]
    reading = f"{order}; below each image its class, and the predictions from 0 to 100 %"
    figure = pixel_figure(width, height, "Where the network is wrong", reading)
    for place in range(len(mistakes)):
        row, column = divmod(place, columns)
        left, top = column * (side + GAP_PX), row * (tall + GAP_PX)
        ax = pixel_axes(figure, left, top, side, side)
        pixels, _ = sheet(tiles[place : place + 1], enlarge=factor(tiles.shape[1], TILE_PX))
        show(ax, pixels)
        label = int(mistakes.label[place])
        name = class_name(classes, label)
        ax.text(
            0.5, -4 / side, name, size=SMALL_PT + 0.5, color=INK, va="top", ha="center",
            transform=ax.transAxes,
        )  # fmt: skip
        draw_predictions(
            pixel_axes(figure, left, top + side + NAME_PX, side, tall - side - NAME_PX),
            mistakes.guess[place].tolist(),
            mistakes.probability[place].tolist(),
            classes,
            label=label,
        )
    return figure


def mistakes_pointing(
    pictures: np.ndarray,
    mistakes: Mistakes,
    classes: Sequence[str],
    *,
    width_px: int = WIDTH_PX,
    chosen: int | None = None,
) -> go.Figure:
    """The images in order, each over its class and its top prediction; a click returns its index.

    Args:
        pictures: (m, S, S, 3) uint8.
        mistakes: The same m.
        classes: Names of all classes.
        width_px: Of the whole sheet.
        chosen: Index of the image to outline.
    """
    indices, labels = mistakes.index.tolist(), mistakes.label.tolist()
    predictions, shares = mistakes.guess[:, 0].tolist(), mistakes.probability[:, 0].tolist()
    captions, hover = [], []
    for index, label, prediction, share in zip(indices, labels, predictions, shares, strict=True):
        is_, said = (label_of(classes, one, None) for one in (label, prediction))
        taken = f"{100 * share:.0f} %"
        captions.append([*in_lines(is_, LETTERS), *in_lines(f"→ {said}", LETTERS), taken])
        hover.append(
            f"{_name(classes, label)}, image {index}\n"
            f"top prediction {_name(classes, prediction)} with {taken}"
        )
    colours = [class_colour(prediction) for prediction in predictions]
    return captioned_sheet(
        pictures, indices, captions, hover, colours, width_px=width_px, chosen=chosen
    )


def _name(classes: Sequence[str], index: int) -> str:
    """With all synonyms, for the pointer."""
    return classes[index] if index < len(classes) else label_of(classes, index)
