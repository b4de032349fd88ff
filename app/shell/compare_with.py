"""Compare with: a second run or epoch, chosen once in the sidebar for all pages that can show two.

The address says `beside`, the name of a run, and `beside_epoch`. Pages then show A, what the rest
of the sidebar says, beside B on one scale.
"""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app.shell import address
from training.runs import Run

PAGES = (
    "attribution",
    "diagnosis",
    "evolution",
    "feature_maps",
    "filters",
    "invariance",
    "mistakes",
    "occlusion",
    "retrieval",
    "top_patches",
    "unit",
)
NOTHING = "nothing"


def choose_compare_with(runs: Mapping[str, Run], run: str, page: str) -> tuple[Run, int] | None:
    """Draw what B can be, and give the chosen run and epoch; None where nothing is chosen.

    Args:
        runs: By name, in the order to be offered.
        run: Name of A's.
        page: Name of the page; one that shows a single network offers nothing.
    """
    if page not in PAGES:
        return None
    there = {name: other for name, other in runs.items() if other.epochs}
    if len(there.get(run, runs[run]).epochs) < 2:
        there.pop(run, None)  # an only epoch beside itself
    if not there:
        return None

    def describe(name: str) -> str:
        return "this run, another epoch" if name == run else name

    itself = [run] if run in there else []
    offered = [NOTHING, *itself, *(name for name in there if name != run)]
    name = address.pick(
        st.selectbox, "Compare with", offered, name="beside", default=NOTHING, format_func=describe
    )
    if name == NOTHING:
        return None
    epochs = there[name].epochs
    if len(epochs) == 1:
        return there[name], epochs[0]
    epoch: int = address.pick(
        st.select_slider,
        "Epoch of B",
        epochs,
        name="beside_epoch",
        default=epochs[0] if name == run else epochs[-1],
    )
    return there[name], epoch
