"""The confusion matrix, and its largest entries in words."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from torch import Tensor

from viz.confusion.query import ConfusionShown
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
from viz.mistakes import confused

SIDE_PX, BAR_PX, LINE_PX, LETTER_PX = 440, 90, 14, 5
NAMED, COUNTED = 40, 12  # classes up to which they are named, and cells hold numbers
PAIRS, LONGEST = 24, 20  # confusions in words, letters of a name
SCALE = PowerNorm(0.5, vmin=0, vmax=1)  # a few per cent of confusion are to be seen
TICKS = (0, 0.01, 0.05, 0.2, 0.5, 1)


def draw_confusion(ax: Axes, confusion: Tensor, classes: Sequence[str]) -> None:
    """Rows: an image's class. Columns: what it was predicted as. Colour: share of the row."""
    counts = as_array(confusion)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    show(ax, shares, cmap=AMOUNT, norm=SCALE)
    if len(counts) <= NAMED:
        names = [class_name(classes, index, LONGEST) for index in range(len(counts))]
        ax.set_yticks(range(len(counts)), names)
        ax.set_xticks(range(len(counts)), names, rotation=90)
        ax.tick_params(labelsize=SMALL_PT, length=0, labelcolor=INK)
    if len(counts) <= COUNTED:
        for row, column in np.ndindex(*counts.shape):
            light = SCALE(shares[row, column]) > 0.6
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
        words = f"{class_name(classes, label, LONGEST)} → {class_name(classes, guess, LONGEST)}"
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
    letters = max(len(class_name(classes, index, LONGEST)) for index in range(len(confusion)))
    labels = 24 + (LETTER_PX * letters if len(confusion) <= NAMED else 0)
    words = 60 + 2 * LETTER_PX * letters
    title = f"Confusion matrix: {right:,} of {images:,} images are classified correctly"
    reading = "rows: an image's class; columns: the network's top prediction"
    figure = pixel_figure(labels + SIDE_PX + BAR_PX + words, SIDE_PX + labels, title, reading)
    draw_confusion(pixel_axes(figure, labels, 0, SIDE_PX, SIDE_PX), confusion, classes)
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
