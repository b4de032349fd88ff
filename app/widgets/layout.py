"""How a page is laid out: the picture at the left, what is selected in it at the right."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import numpy as np
import streamlit as st
from PIL import Image
from streamlit.delta_generator import DeltaGenerator

from app.shell.window import is_lecture, page_px

__all__ = [
    "INSPECTOR_PX",
    "PICTURE_PX",
    "SMALL_PX",
    "THIRD_PX",
    "columns",
    "heading",
    "inspector_is_beside",
    "open_drawer",
    "page_px",
    "picture_and_inspector",
    "picture_px",
    "png_of_pixels",
    "show_pixels",
]

PICTURE_PX = 690  # at least
INSPECTOR_PX = 388  # three images of 128 px side by side
SMALL_PX = 220  # three in a window of 1024 px
THIRD_PX = 350  # two in a window of 1024 px, three in one of 1440 px
GAP_PX = 16  # between picture and inspector
_DRAWER = "drawer is open"


def inspector_is_beside() -> bool:
    """Whether there is room for it at the right of the picture."""
    return not is_lecture() and page_px() >= PICTURE_PX + GAP_PX + INSPECTOR_PX


def picture_px() -> int:
    """Width of a page's picture: what the inspector leaves of it, in CSS pixels."""
    return page_px() - (INSPECTOR_PX + GAP_PX if inspector_is_beside() else 0)


def show_pixels(pixels: np.ndarray | bytes, *, alt: str, caption: str | None = None) -> None:
    """A picture at its own size, pixel for pixel.

    Args:
        pixels: (H, W, 3 or 4) uint8, or what `png_of_pixels` made of them.
        alt: What it shows, for those who cannot see it.
        caption: Below it; Streamlit would stretch the picture to its length.
    """
    st.image(pixels, width="content", alt=alt)
    if caption:
        st.caption(caption)


def png_of_pixels(pixels: np.ndarray) -> bytes:
    """The picture as a file: made once and cached, where several are shown again and again."""
    file = BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    return file.getvalue()


def picture_and_inspector() -> tuple[DeltaGenerator, DeltaGenerator]:
    """Picture and inspector: side by side where there is room.

    Else the inspector is a drawer at the lower edge of the window, in sight however long the
    picture is, that a click on a picture or its handle opens; a lecture has none.
    """
    if is_lecture():
        return st.container(), st.container(key="inspector")
    if not inspector_is_beside():
        return st.container(), _drawer()
    row = st.container(horizontal=True, gap="small")
    return row.container(width=picture_px()), row.container(width=INSPECTOR_PX)


def open_drawer() -> None:
    """What was just chosen is to be seen, where the inspector is a drawer."""
    st.session_state[_DRAWER] = True


def _drawer() -> DeltaGenerator:
    is_open = bool(st.session_state.get(_DRAWER))
    drawer = st.container(key="drawer" if is_open else "drawer_closed")
    drawer.button(
        "Hide details" if is_open else "Details of what is chosen",
        key="drawer handle",
        type="tertiary",
        icon=":material/expand_more:" if is_open else ":material/expand_less:",
        on_click=st.session_state.__setitem__,
        args=(_DRAWER, not is_open),
    )
    return drawer.container()


def columns(titles: Sequence[str], width_px: int = THIRD_PX) -> list[DeltaGenerator]:
    """A column for each title, side by side where there is room; what does not fit goes below."""
    row = st.container(horizontal=True, gap="medium")
    found = [row.container(width=width_px) for _ in titles]
    for column, title in zip(found, titles, strict=True):
        column.markdown(title)
    return found


def heading(title: str, reading: str) -> None:
    """What a page is about, and one line on how to read its picture."""
    st.title(title, anchor=False)
    st.caption(reading)
