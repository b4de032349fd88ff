"""The player of epochs in the bar: it lives in the browser, so that a step answers at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from app.browser import mount

Moved = Callable[[int, bool], object]


def player(
    epochs: Sequence[int],
    epoch: int,
    moved: Moved,
    *,
    key: str,
    label: str = "Epoch",
    following: bool = False,
    playing: bool = False,
    keys: bool = True,
    plays: bool = True,
) -> None:
    """Step, play, scrub and speed.

    Args:
        epochs: That have a checkpoint, in order.
        epoch: One of them, which is shown.
        moved: Called with the epoch that the visitor stands at, and whether it plays.
        key: Of the widget.
        label: What it moves.
        following: Whether the right end moves on by itself while the run trains.
        playing: Whether the epochs go on by themselves when the page is opened.
        keys: Whether the arrow keys are for it.
        plays: Whether it can play.
    """

    def on_moved() -> None:
        said = st.session_state[key].get("moved") or {}
        if said.get("epoch") in epochs:  # the run may have been trained anew meanwhile
            moved(said["epoch"], bool(said.get("playing")))

    mount(
        "player",
        key=key,
        data={
            "epochs": list(epochs),
            "epoch": epoch,
            "label": label,
            "following": following,
            "playing": playing,
            "keys": keys,
            "plays": plays,
        },
        on_moved_change=on_moved,
    )
