"""Class probabilities as bars, in the classes' colours, with their names and numbers as text."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st
from matplotlib import colormaps
from matplotlib.colors import to_hex
from torch import Tensor

from viz.drawing.colours import class_colour
from viz.drawing.words import label_of, percent

TOP = 5
QUIET = "opacity:.75;font-size:.8rem"  # 4.5 : 1 and more on either page
EDGE = "outline:1px solid color-mix(in srgb, currentColor 55%, transparent);outline-offset:-1px;"


def best(probabilities: Tensor, count: int = TOP) -> list[int]:
    """The most probable classes, best first."""
    return probabilities.argsort(descending=True, stable=True)[:count].tolist()


def class_bars(
    probabilities: Tensor,
    classes: Sequence[str],
    *,
    before: Tensor | None = None,
    shown: Sequence[int] | None = None,
    label: int | None = None,
) -> None:
    """A bar for each of some classes.

    Args:
        probabilities: (K,) to draw.
        classes: All K names.
        before: (K,) to compare with, drawn as a thin line under each bar.
        shown: Classes, in this order; the five most probable by default.
        label: The true class, if it is to be told from the others: bold, with a tick.
    """
    rows = []
    for index in shown if shown is not None else best(probabilities):
        now = float(probabilities[index])
        text = percent(now)
        line = ""
        name = _named(classes, index)
        if index == label:
            name = f"<b>{name}</b> ✓"
        if before is not None:
            then = float(before[index])
            text = f"{percent(then)} → <b>{percent(now)}</b>"
            line = _bar(then, "currentColor", 3, "opacity:.65;margin-top:2px;")
        rows.append(
            '<div style="margin-bottom:.55rem">'
            '<div style="display:flex;justify-content:space-between;gap:1rem;font-size:.85rem">'
            f'<span style="line-height:1.25">{name}</span>'
            f'<span style="white-space:nowrap">{text}</span></div>'
            f"{_bar(now, class_colour(index), 10, EDGE)}{line}</div>"
        )
    st.html("".join(rows))


def class_legend(indices: Sequence[int], classes: Sequence[str], *, most: int = 10) -> None:
    """Which colour is which class."""
    chips = [
        f'<span style="white-space:nowrap">{_chip(class_colour(index))}'
        f"{_named(classes, index)}</span>"
        for index in indices[:most]
    ]
    if len(indices) > most:
        chips.append(f"<span>and {len(indices) - most} more</span>")
    st.html(
        '<div style="display:flex;flex-wrap:wrap;gap:.2rem 1rem;font-size:.85rem">'
        f"{''.join(chips)}</div>"
    )


def scale_bar(colours: str, low: str, high: str, label: str, *, middle: str = "") -> None:
    """A labelled scale under a picture to point at."""
    stops = ",".join(to_hex(colormaps[colours](step / 8)) for step in range(9))
    st.html(
        '<div style="display:flex;align-items:center;gap:.6rem;font-size:.8rem">'
        f"<span>{escape(low)}</span>"
        '<div style="flex:0 1 200px;min-width:60px;height:9px;'
        f'background:linear-gradient(to right,{stops})"></div>'
        f"<span>{escape(high)}</span>"
        f'<span style="{QUIET};white-space:nowrap">{escape(label)}{escape(middle)}</span>'
        "</div>"
    )


def _named(classes: Sequence[str], index: int) -> str:
    """The class, with all its synonyms under the pointer."""
    words = escape(label_of(classes, index, None))
    return f'<span title="{escape(classes[index])}">{words}</span>'


def _bar(share: float, colour: str, height: int, more: str = "") -> str:
    return (
        f'<div style="width:{max(100 * share, 0.4):.1f}%;height:{height}px;background:{colour};'
        f'{more}"></div>'
    )


def _chip(colour: str) -> str:
    return (
        f'<span style="display:inline-block;width:.75em;height:.75em;background:{colour};'
        f'margin-right:.4em;{EDGE}"></span>'
    )
