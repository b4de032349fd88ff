"""Which epoch all pages look at: the player in the bar.

Without an epoch in the address the visitor follows the newest one: Overview and Filters then grow
with the run. Pages whose pictures are expensive hold on to the epoch they were opened at. Play
steps on once an epoch's picture is there: where it is expensive and not cached yet, that may
take a job.
"""

from __future__ import annotations

import streamlit as st

from app.shell import address
from app.shell.player import player
from app.shell.window import is_lecture
from training.runs import Run
from training.status import RUNNING

LIVE = ("overview", "filters", "train")  # pages that may be redrawn at every new epoch


def choose_epoch(run: Run, page: str, arrived: bool) -> int | None:
    """Draw the player; None while the run has no checkpoint.

    Args:
        run: Whose epochs.
        page: Name of the page.
        arrived: Whether the visitor has just come from another one.
    """
    epochs = run.epochs
    if not epochs:
        return None
    if arrived and page in LIVE and st.session_state.get("held"):
        set_epoch(None)
    epoch = address.read("epoch", lambda text: epochs[epochs.index(int(text))], None)
    if epoch is None and page not in LIVE and run.status().state == RUNNING:
        epoch = epochs[-1]
        set_epoch(epoch, held=True)
    following = epoch is None
    epoch = epochs[-1] if epoch is None else epoch
    if len(epochs) == 1:
        begun = run.status().state == RUNNING and run.early
        untrained = epoch == 0 and run.info.origin is None
        st.caption("In its first epoch" if begun else f"Epoch {epoch}" + ", untrained" * untrained)
        return epoch

    def moved(to: int, playing: bool) -> None:
        st.session_state["playing"] = playing
        set_epoch(None if to == epochs[-1] else to)

    player(
        epochs,
        epoch,
        moved,
        key="epochs",
        following=following and run.status().state == RUNNING,
        playing=is_playing(),
        keys=not (is_lecture() and "tour" in st.query_params),  # then they are the tour's
    )
    return epoch


def is_playing() -> bool:
    """Whether the next epoch is to come by itself."""
    return bool(st.session_state.get("playing"))


def set_epoch(epoch: int | None, *, held: bool = False) -> None:
    """Go to an epoch; `held` remembers that it was the page that chose it, not the visitor."""
    st.session_state["held"] = held
    address.write(epoch=epoch)
