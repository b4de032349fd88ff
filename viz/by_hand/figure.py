"""A convolution on the board: patch times kernel, plane by plane, and the sum."""

import math
from collections.abc import Sequence
from textwrap import wrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from viz.by_hand.compute import After, ByHand
from viz.by_hand.query import ByHandShown
from viz.drawing.sheet import as_array
from viz.drawing.style import (
    INK,
    MARGIN,
    ON_DARK,
    ON_LIGHT,
    QUIET,
    SIGNED,
    TEXT_PT,
    head,
    number,
    pixel_axes,
    pixel_figure,
    show,
)

WIDTH_PX, LARGEST_CELL, GAP_PX, SUM_PX, LINE_PX, HEAD_PX = 760, 44, 26, 96, 17, 18
READABLE_CELL = 26  # px, that a number of three digits needs
PLANES = ("red", "green", "blue")
DARK = 0.6  # share of the full colour from which letters are light


def draw_board(
    ax: Axes, values: np.ndarray, *, full: float, unit: float = 1.0, cell_px: int = READABLE_CELL
) -> None:
    """A grid of numbers, blue below zero and red above.

    Args:
        ax: Where.
        values: (h, w).
        full: The size at which colours are full.
        unit: In which the numbers are written: 0.1 writes 0.25 as 2.5.
        cell_px: Side of a cell.
    """
    show(ax, values, cmap=SIGNED, vmin=-full, vmax=full)
    size = min(TEXT_PT, TEXT_PT * cell_px / READABLE_CELL)
    for (row, column), value in np.ndenumerate(values):
        light = abs(value) > DARK * full
        ax.text(
            column, row, _short(value / unit), size=size, ha="center", va="center",
            color=ON_DARK if light else ON_LIGHT, alpha=1 if value else 0.45,
        )  # fmt: skip


def draw(shown: ByHandShown) -> Figure:
    """The board of one unit of a network."""
    return draw_sum(shown.sum.unit, shown.sum.after, title=shown.title)


def draw_sum(
    found: ByHand,
    after: Sequence[After] = (),
    *,
    title: str = "Convolution by hand",
    width_px: int = WIDTH_PX,
) -> Figure:
    """Patch × kernel = product for each plane, its sum, the bias, and what follows.

    Where three boards beside each other could not be read, the product stands below the two.

    Args:
        found: The unit.
        after: What the next layers make of it.
        title: Which unit it is.
        width_px: Room for the figure.
    """
    planes, height, width = found.patch.shape
    abreast, cell = _cell(width, width_px)
    board_width, board_height = cell * width, cell * height
    lines = [part for line in _sentences(found, after) for part in wrap(line, width_px // 6)]
    picture_width = abreast * (board_width + GAP_PX) - GAP_PX + SUM_PX
    plane_height = (1 if abreast == 3 else 2) * (board_height + GAP_PX)
    boards_height = planes * plane_height
    figure = pixel_figure(
        picture_width,
        HEAD_PX + boards_height + LINE_PX * len(lines),
        title,
        "red is above zero, blue below; each column on a scale of its own",
    )
    columns = [as_array(part) for part in (found.patch, found.kernel, found.product)]
    scales = [
        float(np.abs(column[np.isfinite(column)]).max(initial=0)) or 1.0 for column in columns
    ]
    units = [10.0 ** min(0, math.floor(math.log10(full))) for full in scales]
    for plane in range(planes):
        for place, column in enumerate(columns):
            down, aside = divmod(place, abreast)
            top = HEAD_PX + plane * plane_height + down * (board_height + GAP_PX)
            left = aside * (board_width + GAP_PX)
            ax = pixel_axes(figure, left, top, board_width, board_height)
            draw_board(ax, column[plane], full=scales[place], unit=units[place], cell_px=cell)
            if plane == 0 or abreast < 3:
                in_units = "" if units[place] == 1 else f" (× {units[place]:g})"
                head(ax, ("what the unit sees", "its kernel", "product")[place] + in_units)
            if aside:
                ax.text(
                    -GAP_PX / (2 * board_width), 0.5, "×="[place - 1], size=12, color=QUIET,
                    transform=ax.transAxes, ha="center", va="center",
                )  # fmt: skip
        words = f"sum {number(float(found.sums[plane]))}"
        if planes == len(PLANES):
            words = f"{PLANES[plane]}\n{words}"
        ax.text(
            1 + 12 / board_width, 0.5, words, size=TEXT_PT, color=INK, transform=ax.transAxes,
            va="center",
        )  # fmt: skip
    if not lines:
        return figure
    ax = pixel_axes(figure, 0, HEAD_PX + boards_height, picture_width, LINE_PX * len(lines))
    ax.patch.set_alpha(0)
    ax.set(xlim=(0, 1), ylim=(len(lines), 0))
    for row, line in enumerate(lines):
        ax.text(0, row + 0.5, line, size=TEXT_PT, color=INK, va="center")
    return figure


def _cell(width: int, width_px: int) -> tuple[int, int]:
    """How many boards stand abreast, and the side of a cell, for kernels so many cells wide."""
    room = width_px - 2 * MARGIN - SUM_PX
    three, two = ((room - (n - 1) * GAP_PX) // (n * width) for n in (3, 2))
    if three >= READABLE_CELL:
        return 3, min(LARGEST_CELL, three)
    return 2, max(1, min(LARGEST_CELL, two))


def width_of(width: int) -> int:
    """Room that three boards abreast need, with kernels so many cells wide, to be read."""
    return 3 * width * READABLE_CELL + 2 * GAP_PX + SUM_PX + 2 * MARGIN


def _sentences(found: ByHand, after: Sequence[After]) -> list[str]:
    terms = [_term(float(one)) for one in found.sums]
    if found.bias:
        terms.append(f"{_term(found.bias)} (bias)")
    lines = [f"{' + '.join(terms)} = {number(found.total)}"] if len(terms) > 1 else []
    lines += [f"{one.layer} ({one.words}): {number(one.value)}" for one in after]
    return [*lines, *found.notes]


def _term(value: float) -> str:
    return f"({number(value)})" if value < 0 else number(value)


def _short(value: float) -> str:
    """Two digits, without a zero before the point: 1.3, -.25, 40, 0."""
    if not math.isfinite(value):
        return "–"
    if abs(value) < 0.005:
        return "0"
    if value == round(value) or abs(value) >= 10:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 0.995 else f"{value:.2f}".replace("0.", ".", 1)
