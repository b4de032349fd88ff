"""The confusion matrix, and its largest entries in words."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from torch import Tensor

from viz.confusion.query import ConfusionShown
from viz.drawing.pointing import data_uri, point_at_shapes
from viz.drawing.sheet import as_array
from viz.drawing.style import (
    AMOUNT,
    INK,
    ON_DARK,
    ON_LIGHT,
    QUIET,
    SMALL_PT,
    class_name,
    finish_bar,
    head,
    pixel_axes,
    pixel_figure,
    show,
)
from viz.drawing.words import label_of, percent
from viz.mistakes import confused

SIDE_PX, BAR_PX, LINE_PX, LETTER_PX = 440, 90, 14, 5
NAMED, COUNTED = 40, 12  # classes up to which they are named, and cells hold numbers
PAIRS = 24  # confusions in words
SCALE = PowerNorm(0.5, vmin=0, vmax=1)  # a few per cent of confusion are to be seen
TICKS = (0, 0.01, 0.05, 0.2, 0.5, 1)

NAME_PX, CELL_PX = 6.2, 34  # of a letter at 11 px; the largest cell to point at
NAMED_PX, COUNTED_PX = 13, 24  # cells from which rows are named, and numbers stand in them
MOST_CELLS = 4000  # that can be pointed at: the most frequent ones, as each costs the browser time


def draw_confusion(
    ax: Axes, confusion: Tensor, classes: Sequence[str], order: Sequence[int] | None = None
) -> None:
    """Rows: an image's class. Columns: what it was predicted as. Colour: share of the row."""
    order = list(range(len(confusion)) if order is None else order)
    counts = as_array(confusion)[order][:, order]
    show(ax, _shares(counts), cmap=AMOUNT, norm=SCALE)
    if len(counts) <= NAMED:
        names = [class_name(classes, index) for index in order]
        ax.set_yticks(range(len(counts)), names)
        ax.set_xticks(range(len(counts)), names, rotation=90)
        ax.tick_params(labelsize=SMALL_PT, length=0, labelcolor=INK)
    if len(counts) <= COUNTED:
        for row, column in np.ndindex(*counts.shape):
            light = SCALE(_shares(counts)[row, column]) > 0.6
            ax.text(
                column, row, f"{counts[row, column]:,}", size=SMALL_PT, ha="center", va="center",
                color=ON_LIGHT if light else ON_DARK,
            )  # fmt: skip
    ax.set_ylabel("class", size=SMALL_PT, color=QUIET)
    ax.set_xlabel("top prediction", size=SMALL_PT, color=QUIET)


def draw_confused(ax: Axes, confusion: Tensor, classes: Sequence[str]) -> None:
    """The most frequent confusions, a line each, with their number of images."""
    pairs = confused(confusion, PAIRS)
    head(ax, "confused most often")
    ax.set_xlim(0, 1)
    ax.set_ylim(SIDE_PX, 0)
    lines = zip(pairs.images.tolist(), pairs.label.tolist(), pairs.guess.tolist(), strict=True)
    for line, (images, label, guess) in enumerate(lines):
        words = f"{class_name(classes, label)} → {class_name(classes, guess)}"
        y = (line + 0.5) * LINE_PX
        ax.text(0, y, f"{images:,}", size=SMALL_PT + 0.5, color=QUIET, va="center")
        ax.annotate(
            words,
            (0, y),
            xytext=(24, 0),
            textcoords="offset points",
            size=SMALL_PT + 0.5,
            color=INK,
            va="center",
        )


def draw(shown: ConfusionShown) -> Figure:
    """The matrix, its scale, and the classes that are most often confused."""
    confusion, classes = shown.confusion, shown.classes
    images, right = int(confusion.sum()), int(confusion.trace())
    letters = max(len(class_name(classes, index)) for index in range(len(confusion)))
    labels = 24 + (LETTER_PX * letters if len(confusion) <= NAMED else 0)
    words = 60 + 2 * LETTER_PX * letters
    title = f"Confusion matrix: {right:,} of {images:,} images are classified correctly"
    reading = "rows: an image's class; columns: the network's top prediction"
    figure = pixel_figure(labels + SIDE_PX + BAR_PX + words, SIDE_PX + labels, title, reading)
    matrix = pixel_axes(figure, labels, 0, SIDE_PX, SIDE_PX)
    draw_confusion(matrix, confusion, classes, shown.order)
    bar = figure.colorbar(
        ScalarMappable(SCALE, AMOUNT),
        cax=pixel_axes(figure, labels + SIDE_PX + 14, 0, 10, 180),
        ticks=TICKS,
    )
    bar.ax.set_yticklabels([f"{tick:.0%}" for tick in TICKS])
    finish_bar(bar.ax, "share of the class's images")
    bar.ax.spines[:].set_visible(False)
    ax = pixel_axes(figure, labels + SIDE_PX + BAR_PX, 0, words, SIDE_PX)
    draw_confused(ax, confusion, classes)
    return figure


def confusion_pointing(shown: ConfusionShown, width_px: int) -> go.Figure:
    """The matrix to point at; a click on a cell returns [class, top prediction].

    The rows are named where there is room for it, and every cell under the pointer; cells in which
    no image is have nothing to say.

    Args:
        shown: What is to be drawn.
        width_px: Of the whole figure.
    """
    order, classes = shown.order, shown.classes
    counts = as_array(shown.confusion)[order][:, order]
    shares, count = _shares(counts), len(counts)
    names = [label_of(classes, index, None) for index in order]
    margin = round(NAME_PX * max(map(len, names))) + 22
    cell = min(CELL_PX, (width_px - margin - BAR_PX) // count)
    named = cell >= NAMED_PX
    if not named:
        margin = 22
        cell = max(1, min(CELL_PX, (width_px - margin - BAR_PX) // count))
    side = count * cell
    figure = go.Figure()
    pixels = (colormaps[AMOUNT](SCALE(shares)) * 255).round().astype(np.uint8)
    pixels = pixels.repeat(cell, axis=0).repeat(cell, axis=1)
    if named:
        pixels[cell - 1 :: cell, :, 3] = pixels[:, cell - 1 :: cell, 3] = 0  # a gap between cells
    _lay(figure, pixels, 0, 0)
    _name_axes(figure, names if named else [], cell, side, margin)
    _add_bar(figure, side, min(side, 180))
    if cell >= COUNTED_PX:
        _number(figure, counts, shares, cell)
    rows, columns = _cells(counts)
    cells = list(zip(rows, columns, strict=True))
    hover = [
        f"{counts[row, column]:,} of {counts[row].sum():,} images of\n{classes[order[row]]}\n"
        f"are taken for\n{classes[order[column]]} ({percent(shares[row, column])})"
        if row != column
        else f"{counts[row, row]:,} of {counts[row].sum():,} images of\n{classes[order[row]]}\n"
        f"are classified correctly ({percent(shares[row, row])})"
        for row, column in cells
    ]
    return point_at_shapes(
        figure,
        [
            (-(row + 0.5) * cell, (column + 0.5) * cell)
            for row, column in zip(rows, columns, strict=True)
        ],
        [max(cell, 3)] * len(rows),
        [[order[row], order[column]] for row, column in cells],
        hover,
        x=(-margin, side + BAR_PX),
        y=(-side - margin, 4),
    )


def _shares(counts: np.ndarray) -> np.ndarray:
    return counts / np.maximum(counts.sum(1, keepdims=True), 1)


def _cells(counts: np.ndarray) -> tuple[list[int], list[int]]:
    """Rows and columns of the cells to point at, those of most images."""
    flat = counts.flatten()
    best = np.argsort(-flat, kind="stable")[: min(MOST_CELLS, int((flat > 0).sum()))]
    rows, columns = np.unravel_index(best, counts.shape)
    return rows.tolist(), columns.tolist()


def _lay(figure: go.Figure, pixels: np.ndarray, left: float, top: float) -> None:
    height, width = pixels.shape[:2]
    figure.add_layout_image(
        source=data_uri(pixels), xref="x", yref="y", x=left, y=top, sizex=width, sizey=height,
        sizing="stretch", layer="below",
    )  # fmt: skip


def _write(figure: go.Figure, x: float, y: float, text: str, **how: object) -> None:
    how = {"font_size": 11, "xanchor": "left", "yanchor": "middle", **how}
    figure.add_annotation(x=x, y=y, text=text, showarrow=False, **how)


def _name_axes(figure: go.Figure, names: Sequence[str], cell: int, side: int, margin: int) -> None:
    for place, name in enumerate(names):
        middle = (place + 0.5) * cell
        _write(figure, -4, -middle, name, xanchor="right")
        _write(figure, middle, -side - 4, name, xanchor="center", yanchor="top", textangle=-90)
    _write(figure, -margin + 9, -side / 2, "class", xanchor="center", textangle=-90)
    _write(figure, side / 2, -side - margin + 9, "top prediction", xanchor="center")


def _number(figure: go.Figure, counts: np.ndarray, shares: np.ndarray, cell: int) -> None:
    for row, column in zip(*np.nonzero(counts), strict=True):
        light = SCALE(shares[row, column]) > 0.6
        _write(
            figure, (column + 0.5) * cell, -(row + 0.5) * cell, f"{counts[row, column]:,}",
            xanchor="center", font_color=ON_LIGHT if light else ON_DARK,
        )  # fmt: skip


def _add_bar(figure: go.Figure, side: int, tall: int) -> None:
    """The scale, from all of a class's images above to none below."""
    colours = colormaps[AMOUNT](np.linspace(1, 0, tall))[:, None].repeat(10, axis=1)
    _lay(figure, (colours * 255).round().astype(np.uint8), side + 14, 0)
    for tick in TICKS:
        _write(figure, side + 28, -tall * (1 - float(SCALE(tick))), f"{100 * tick:g} %")
    _write(figure, side + 74, -tall / 2, "share of the class", xanchor="center", textangle=-90)
