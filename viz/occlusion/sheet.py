"""Where the network looks in several images: a row for each."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure
from torch import Tensor

from viz.drawing.style import class_name, head, number, pixel_axes, pixel_figure, plain
from viz.occlusion.compute import Occlusion
from viz.occlusion.figure import (
    BAR_PX,
    CERTAIN,
    LEGEND_PX,
    draw_heatmap,
    draw_picture,
    draw_predicted,
    panel_side,
)

SIDE_PX, HEAD_PX, GAP_PX = 160, 18, 24


@dataclass(frozen=True)
class Row:
    """One image of the sheet."""

    name: str
    picture: Tensor  # what the network sees at the first place, (3, H, W) in [0, 1]
    found: Occlusion
    label: int  # class whose probability is drawn


def occlusion_sheet(rows: Sequence[Row], classes: Sequence[str]) -> Figure:
    """For each image: itself, the probability of its class, the most probable class.

    Args:
        rows: Images of one size, all with the same square.
        classes: Names of all classes.
    """
    side, square = panel_side(rows[0].picture, SIDE_PX), rows[0].found
    reading = (
        f"a square of {square.window} px in steps of {square.stride} px; "
        "dark: covering this spot costs the network its answer"
    )
    pitch = HEAD_PX + side + GAP_PX
    height = len(rows) * pitch - GAP_PX
    figure = pixel_figure(_lefts(side)[-1], height, "Where the network looks", reading)
    for place, row in enumerate(rows):
        _draw(figure, place * pitch + HEAD_PX, side, row, classes, plain(row.name, 28))
    return figure


def occlusion_row(row: Row, classes: Sequence[str]) -> Figure:
    """One of the sheet's rows as a figure of its own."""
    side = panel_side(row.picture, SIDE_PX)
    whole = number(round(float(row.found.base[row.label]), 3))
    reading = f"uncovered, P({class_name(classes, row.label)}) is {whole}"
    figure = pixel_figure(_lefts(side)[-1], HEAD_PX + side, plain(row.name, 60), reading)
    _draw(figure, HEAD_PX, side, row, classes, "input, its corner covered")
    return figure


def _lefts(side: int) -> tuple[int, int, int, int]:
    """Where the three panels begin and the legend ends, in pixels."""
    third = 2 * side + GAP_PX + BAR_PX
    return 0, side + GAP_PX, third, third + side + LEGEND_PX


def _draw(
    figure: Figure, top: int, side: int, row: Row, classes: Sequence[str], words: str
) -> None:
    lefts = _lefts(side)
    image, probability, predicted = (
        pixel_axes(figure, left, top, side, side) for left in lefts[:3]
    )
    draw_picture(image, row.picture, row.found.window)
    head(image, words)
    uncovered = f"uncovered {number(round(float(row.found.base[row.label]), 3))}"
    cax = pixel_axes(figure, lefts[1] + side + 8, top, 9, side)
    draw_heatmap(probability, cax, row.found.probability[..., row.label], CERTAIN, uncovered)
    head(probability, f"P({class_name(classes, row.label)})")
    draw_predicted(predicted, row.found.predicted, classes)
    head(predicted, "most probable class")
