"""Two networks side by side on a page: A, B and B − A row by row, to point at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from app.shell.errors import plain
from app.widgets.drawing import pointed_at
from app.widgets.layout import SMALL_PX, THIRD_PX, columns
from viz.drawing.pairs import MORE, Pair
from viz.drawing.panels import Sheet

PANEL_PX = 256  # three in a window of 1440 px


def show_pair(
    pair: Pair, titles: Sequence[str], *, key: str, chosen: Mapping[str, Any] | None = None
) -> tuple[str, Any] | None:
    """Draw the result in words, what keeps the two from being compared, and the rows.

    Args:
        pair: Of two networks.
        titles: Run and epoch of each.
        key: Of this picture on its page.
        chosen: What is outlined, by the rows' names.

    Returns:
        Name of the row and what its place stands for, where one was just clicked.
    """
    if pair.summary:
        st.markdown(plain(pair.summary))
    for note in pair.notes:
        st.caption(plain(note))
    figures = [
        [
            panel.point(
                (chosen or {}).get(row.name), THIRD_PX if isinstance(panel, Sheet) else PANEL_PX
            )
            for panel in row.panels
        ]
        for row in pair.rows
    ]
    widest = max((figure.layout.width for row in figures for figure in row), default=0)
    width = SMALL_PX if widest <= SMALL_PX else THIRD_PX
    clicked = None
    for number, (row, drawn) in enumerate(zip(pair.rows, figures, strict=True)):
        words = [*row.heads, ""]
        names = [f"**{who}**: {title}" for who, title in zip("AB", titles, strict=True)]
        heads = [*names, f"**{MORE}**"] if number == 0 else ["**A**", "**B**", f"**{MORE}**"]
        shown = [
            # an empty line keeps the panels level where only one of them has words
            f"{name}  \n{plain(said) or '&nbsp;'}" if any(row.heads) else name
            for name, said, _ in zip(heads, words, drawn, strict=False)
        ]
        for place, (figure, column) in enumerate(zip(drawn, columns(shown, width), strict=True)):
            with column:
                which = ("A", "B", MORE)[place]
                now = pointed_at(
                    figure,
                    key=f"{key} {number} {which}",
                    alt=f"{pair.title}: {words[place] or row.name or key}, {which}",
                )
                clicked = clicked if now is None else (row.name, now)
    return clicked
