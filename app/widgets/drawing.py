"""Figures on a page, light or dark, pixel for pixel."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import plotly.graph_objects as go
import streamlit as st
from matplotlib.figure import Figure

from app.shell.window import is_dark
from app.widgets.layout import open_drawer
from viz.drawing.fonts import legible
from viz.drawing.pointing import CONFIG
from viz.drawing.style import DARK_QUIET, DPI, QUIET, darken

SHARP = 2  # device pixels for one of the page: whole, so that kernels stay crisp


def show_figure(figure: Figure, *, alt: str) -> None:
    """Draw a figure at its own size, in the colours of the visitor's page.

    Args:
        figure: Any of ours.
        alt: What it shows, for those who cannot see it.
    """
    notice = legible(figure)
    show_png(png_of(figure, dark=is_dark()), round(figure.get_figwidth() * DPI), alt=alt)
    if notice:
        st.caption(notice)


def show_png(png: bytes, width_px: int, *, alt: str) -> None:
    """Draw a picture made by `png_of`."""
    st.image(png, width=width_px, alt=alt)


def png_of(figure: Figure, *, dark: bool) -> bytes:
    """The figure as the page shows it; make it once and cache the bytes."""
    file = BytesIO()
    shown = darken(figure) if dark else figure
    # a browser on this machine or next to it: quick to pack beats small
    quick = {"compress_level": 1}
    shown.savefig(file, format="png", dpi=SHARP * DPI, transparent=True, pil_kwargs=quick)
    return file.getvalue()


def pointed_at(figure: go.Figure, *, key: str, alt: str) -> Any:
    """Draw a picture to point at; what was just clicked, once, or None.

    Args:
        figure: Of a view that can be pointed at.
        key: Of this picture on its page.
        alt: What it shows, for those who cannot see it.

    Returns:
        The `customdata` of the place that was clicked since the last run.
    """
    # words and numbers stand on the page's own background
    figure.update_layout(font_color=DARK_QUIET if is_dark() else QUIET)
    state = st.plotly_chart(
        figure,
        width="content",
        theme=None,
        key=key,
        on_select="rerun",
        selection_mode="points",
        config=CONFIG,
        alt=alt,
    )
    points = state["selection"]["points"]
    chosen = points[0]["customdata"] if points else None
    news = chosen != st.session_state.get(f"{key} clicked")
    st.session_state[f"{key} clicked"] = chosen
    if news and chosen is not None:
        open_drawer()
    return chosen if news else None
