"""One line on a first visit that says what to look at next: a table, page by page."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from app.shell.first_visit import is_first_visit
from app.shell.menu import PAGES

_DISMISSED = "next steps dismissed"


@dataclass(frozen=True)
class Step:
    """What to do on a page, and the page after it."""

    words: str  # an invitation
    page: str
    there: str  # what is to be seen on the next page


STEPS = {
    "overview": Step("Click a filter", "filters", "all of them, and how they grew"),
    "filters": Step("Click a filter to see it large", "top_patches", "what excites each channel"),
    "top_patches": Step("Click a patch", "unit", "all that is known of a channel"),
    "unit": Step("Choose another channel", "evolution", "when each was learnt"),
    "evolution": Step("Click a cell", "directions", "whether anything but channels is readable"),
    "directions": Step("Take the quiz", "diagnosis", "whether stride and filter size are right"),
    "diagnosis": Step("Read the worst finding", "feature_maps", "what happens to one image"),
    "feature_maps": Step("Click a map", "by_hand", "how one number of it comes about"),
    "by_hand": Step("Click a unit", "occlusion", "where the network looks"),
    "occlusion": Step("Click a cell", "attribution", "which pixels speak for the class"),
    "attribution": Step("Choose another class", "class_evidence", "when the answer became right"),
    "class_evidence": Step("Choose another image", "invariance", "what may happen to it"),
    "invariance": Step("Turn the image", "retrieval", "what looks alike to the network"),
    "retrieval": Step("Click a neighbour", "mistakes", "what it gets wrong"),
    "mistakes": Step("Click an image", "localisation", "whether heat maps find the object"),
    "localisation": Step("Compare the methods", "correspondence", "parts known again"),
    "correspondence": Step("Mark a part", "probe", "what each layer is good for"),
    "probe": Step("Click a point", "compare", "the papers' claims, tried out"),
    "compare": Step("Choose a claim", "train", "a network of your own"),
    "train": Step("Choose your images", "overview", "the network as a whole"),
}


def next_step(page: str) -> None:
    """Draw the line for a page, where it is a first visit and the visitor still wants it.

    Args:
        page: Name of the page, such as "top_patches".
    """
    step = STEPS.get(page)
    if step is None or st.session_state.get(_DISMISSED) or not is_first_visit():
        return
    title, icon = PAGES[step.page]
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="next step"):
        st.caption(f"Next: {step.words.lower()[0]}{step.words[1:]}, or go on to", width="content")
        st.page_link(
            f"app/pages/{step.page}.py",
            label=f"{title}: {step.there}",
            icon=icon,
            query_params=_address(),
            width="content",
        )
        st.button(
            "",
            key="dismiss next steps",
            icon=":material/close:",
            type="tertiary",
            help="No more hints",
            on_click=_dismiss,
        )


def _address() -> dict[str, str]:
    """Run and epoch, as all pages know them."""
    return {name: st.query_params[name] for name in ("run", "epoch") if name in st.query_params}


def _dismiss() -> None:
    st.session_state[_DISMISSED] = True
