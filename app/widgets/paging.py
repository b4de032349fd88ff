"""Pages of channels: back and on."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.shell import address


def turn_pages(order: Sequence[int], first: int, many: int) -> None:
    """Back and on; the chosen channel says which page is shown.

    Args:
        order: All channels.
        first: Place in the order of the first one shown.
        many: On a page.
    """
    last = min(first + many, len(order))
    pages = [
        ("Previous", ":material/chevron_left:", first - many, first > 0),
        ("Next", ":material/chevron_right:", last, last < len(order)),
    ]
    for label, icon, target, possible in pages:
        if st.button(label, icon=icon, disabled=not possible, key=f"turn {label}"):
            address.write(channel=order[target])
            st.rerun()
    st.caption(f"{first + 1}–{last} of {len(order)} channels")
