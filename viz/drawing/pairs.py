"""A | B | B − A: two networks' panels on one scale, and beside them what the second has more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from viz.drawing.panels import Panel
from viz.drawing.style import head, pixel_axes, pixel_figure, plain, show

GAP_PX, BAR_PX, ROW_PX = 24, 78, 34
MORE = "B − A"


@dataclass(frozen=True)
class PairRow:
    """One kind of panel of both networks, and their difference or the reason why there is none."""

    first: Panel
    second: Panel
    difference: Panel | None = None
    heads: tuple[str, str] = ("", "")  # what each panel shows
    name: str = ""  # of its clicks: rows of one name choose the same thing
    finish: Callable[[Axes], None] | None = None  # adds to the second panel, such as a legend

    @property
    def panels(self) -> list[Panel]:
        """Two or three."""
        more = [] if self.difference is None else [self.difference]
        return [self.first, self.second, *more]


@dataclass(frozen=True)
class Pair:
    """How the answers of two networks to one question are set side by side."""

    title: str
    reading: str  # one line on how to read it
    rows: Sequence[PairRow]
    # of both, the second's under names of their own, and the difference
    found: dict[str, np.ndarray]
    summary: str = ""  # the result in a sentence or two
    notes: Sequence[str] = ()  # what keeps the two from being compared in full
    picture: tuple[np.ndarray, str] | None = None  # (H, W, 3 or 4) what both look at, and its head

    def arrays(self) -> dict[str, np.ndarray]:
        """What was found."""
        return self.found

    def words(self) -> str:
        """What a command prints."""
        return "\n".join(filter(None, [self.summary, *self.notes]))


@dataclass
class _Columns:
    """Where the panels of all rows begin, px."""

    lefts: list[int] = field(default_factory=list)
    width: int = 0


def draw_pair(pair: Pair, names: Sequence[str]) -> Figure:
    """Rows of panels; columns of A, B and B − A, each row's scale beside it.

    Args:
        pair: What is to be drawn.
        names: Of the two networks.
    """
    columns, indent = _columns(pair), 0
    if pair.picture is not None:
        indent = pair.picture[0].shape[1] + GAP_PX
    heights = [max(panel.size[1] for panel in row.panels) for row in pair.rows]
    height = 16 + sum(heights) + ROW_PX * (len(heights) - 1)
    figure = pixel_figure(indent + columns.width, height, pair.title, pair.reading)
    if pair.picture is not None:
        pixels, caption = pair.picture
        tall, wide = pixels.shape[:2]
        ax = pixel_axes(figure, 0, 16, wide, tall)
        show(ax, pixels)
        head(ax, caption)
    titles = [*(f"{who}: {plain(each, 30)}" for who, each in zip("AB", names, strict=True)), MORE]
    top = 16
    for number, (row, tall) in enumerate(zip(pair.rows, heights, strict=True)):
        words = [*row.heads, ""] if any(row.heads) else ["", "", ""]
        for place, panel in enumerate(row.panels):
            ax = panel.draw(figure, indent + columns.lefts[place], top)
            said = [titles[place] if number == 0 else "", words[place]]
            head(ax, " · ".join(filter(None, said)))
            if place:  # one scale bar for A and B
                panel.draw_scale(figure, indent + columns.lefts[place] + panel.size[0], top)
            if place == 1 and row.finish is not None:
                row.finish(ax)
        top += tall + ROW_PX
    return figure


def _columns(pair: Pair) -> _Columns:
    found = _Columns()
    for place in range(3):
        wide = [row.panels[place].size[0] for row in pair.rows if place < len(row.panels)]
        if wide:
            found.lefts.append(found.width)
            found.width += max(wide) + (GAP_PX if place == 0 else BAR_PX + GAP_PX)
    return found
