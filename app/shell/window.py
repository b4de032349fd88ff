"""The visitor's window: how wide its page is, whether it is a lecture's, and its keyboard.

A figure is drawn to fill its column, so its width is asked of the browser; a cookie tells it
before the first picture of the next visit.
"""

from __future__ import annotations

import streamlit as st

from app.browser import mount
from app.shell import address
from viz.drawing.style import DARK_PAPER, PAPER

USUAL_PX = 1140  # a window of 1440 px, less the sidebar and a scroll bar
LEAST_PX, MOST_PX = 320, 3600
LECTURE = "lecture"
ZOOM = 1.6

CSS = f"""<style>
[data-testid="stSidebar"], [data-testid="stExpandSidebarButton"], .st-key-inspector,
[data-testid="stMain"] :is(.stSelectbox, .stNumberInput, .stSlider, .stMultiSelect, .stFileUploader,
  .stButtonGroup, .stCheckbox, .stDownloadButton, .stPopover, .stExpander, .stRadio),
[data-testid="stMain"] .stElementContainer:has(> .stButton):not([class*="st-key-tour"]) {{
  display: none;
}}
[data-testid="stMainBlockContainer"] {{ zoom: {ZOOM}; padding-top: .4rem; }}
</style>"""


def watch() -> None:
    """Measure the page, and listen to the keyboard: p is lecture mode, arrows are for pictures."""
    paper = DARK_PAPER if is_dark() else PAPER
    st.html(f"<style>:root {{--paper: {paper}}}</style>")
    lecture = st.session_state[LECTURE] = address.read(LECTURE, {"1": True}.__getitem__, False)
    if lecture:
        st.html(CSS)
    with st.container(key="window"):
        mount(
            "window",
            key="visitor's window",
            data={"width": page_px(), "lecture": lecture},
            on_width_change=_measured,
            on_lecture_change=_turned,
        )
        mount("pointing", key="keyboard on pictures")
        mount("navigation", key="list of pages")


def page_px() -> int:
    """Width of what a page shows, in CSS pixels."""
    known = st.session_state.get("page width")
    if known is None:
        known = _width(st.context.cookies.get("filterscope_width")) or USUAL_PX
    return int(known)


def is_dark() -> bool:
    """Whether the visitor's page is dark."""
    return bool(st.context.theme.type == "dark")


def is_lecture() -> bool:
    """Whether everything but the picture is away, and type is large."""
    return bool(st.session_state.get(LECTURE))


def _measured() -> None:
    width = _width(st.session_state["visitor's window"].get("width"))
    if width:
        st.session_state["page width"] = width


def _turned() -> None:
    said = st.session_state["visitor's window"].get("lecture") or {}
    address.write(lecture="1" if said.get("on") else None)


def _width(said: object) -> int | None:
    try:
        return min(max(int(float(str(said))), LEAST_PX), MOST_PX)
    except (ValueError, OverflowError):
        return None
