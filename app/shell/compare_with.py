"""Compare with: a second run or epoch, chosen once in the bar for all pages that can show two.

The address says `beside`, the name of a run, and `beside_epoch`. Pages then show A, what the rest
of the bar says, beside B on one scale.
"""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app.shell import address
from app.shell.player import player
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
BOX_PX, B_PX = 150, 280  # for the box, and for the player of B's epochs


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
        if name == NOTHING:
            return "Compare with …"
        return "B: this run" if name == run else f"B: {name}"

    itself = [run] if run in there else []
    offered = [NOTHING, *itself, *(name for name in there if name != run)]
    with st.container(width=BOX_PX):
        name = address.pick(
            st.selectbox,
            "Compare with",
            offered,
            name="beside",
            default=NOTHING,
            format_func=describe,
            label_visibility="collapsed",
        )
    if name == NOTHING:
        return None
    epochs = there[name].epochs
    return there[name], _epoch_of_b(epochs, epochs[0] if name == run else epochs[-1])


def _epoch_of_b(epochs: list[int], default: int) -> int:
    epoch = address.read("beside_epoch", lambda text: epochs[epochs.index(int(text))], default)
    if len(epochs) > 1:
        with st.container(width=B_PX):
            player(
                epochs,
                epoch,
                lambda to, _: address.write(beside_epoch=None if to == default else to),
                key="epochs of B",
                label="B: epoch",
                keys=False,
                plays=False,
            )
    return epoch
