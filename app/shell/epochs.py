"""Which epoch all pages look at: a slider, steps back and on (arrow keys, too), and play.

Without an epoch in the address the visitor follows the newest one: Overview and Filters then grow
with the run. Pages whose pictures are expensive hold on to the epoch they were opened at. Play
steps on once an epoch's picture is there: where it is expensive and not cached yet, that may
take a job.
"""

from __future__ import annotations

import time

import streamlit as st

from app.jobs import panel as job_panel
from app.shell import address
from training.runs import Run
from training.status import RUNNING

LIVE = ("overview", "filters", "train")  # pages that may be redrawn at every new epoch
PLAY_EVERY_S = 0.7  # and up to half of it more, until the clock looks again


def choose_epoch(run: Run, page: str, arrived: bool) -> int | None:
    """Draw the slider and its buttons; None while the run has no checkpoint.

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
        st.caption(f"Epoch {epoch}" + (", untrained" if epoch == 0 else ""))
        return epoch
    live = following and run.status().state == RUNNING
    _slider(epochs, epoch, "Epoch, following the newest" if live else "Epoch")
    _steps(epochs, epoch)
    return epoch


def _slider(epochs: list[int], epoch: int, label: str) -> None:
    def changed(picked: int) -> None:
        st.session_state["playing"] = False
        set_epoch(None if picked == epochs[-1] else picked)

    st.select_slider(
        label,
        epochs,
        **address.bound("epoch", epoch, epochs, changed),
        help="At the right end you follow the newest epoch while the network trains.",
    )


def _steps(epochs: list[int], epoch: int) -> None:
    place, last = epochs.index(epoch), len(epochs) - 1

    def step(to: int) -> None:
        st.session_state["playing"] = False
        set_epoch(None if to == last else epochs[to])

    def play() -> None:
        st.session_state["playing"] = not st.session_state.get("playing")
        if st.session_state["playing"] and place == last:
            set_epoch(epochs[0])

    playing = is_playing()
    with st.container(horizontal=True, gap="small"):
        st.button(
            "",
            key="step back",
            icon=":material/skip_previous:",
            help="Step back",
            shortcut="Left",
            disabled=place == 0,
            on_click=step,
            args=(place - 1,),
        )
        st.button(
            "",
            key="play",
            icon=":material/pause:" if playing else ":material/play_arrow:",
            help="Pause" if playing else "Play the epochs",
            on_click=play,
        )
        st.button(
            "",
            key="step on",
            icon=":material/skip_next:",
            help="Step on",
            shortcut="Right",
            disabled=place == last,
            on_click=step,
            args=(place + 1,),
        )
    if playing:
        _hold_the_frame()
        st.fragment(_next_frame, run_every=PLAY_EVERY_S / 2)(epochs, place)


def is_playing() -> bool:
    """Whether the next epoch is to come by itself."""
    return bool(st.session_state.get("playing"))


def drawn() -> None:
    """The page stands: what was expensive to draw is looked at as long as what was not."""
    if is_playing():
        _hold_the_frame()


def _hold_the_frame() -> None:
    st.session_state["next frame"] = time.monotonic() + PLAY_EVERY_S


def _next_frame(epochs: list[int], place: int) -> None:
    if time.monotonic() < st.session_state["next frame"]:
        return
    if job_panel.is_waiting():
        return  # this epoch's picture first
    last = place + 1 >= len(epochs) - 1
    if last:
        st.session_state["playing"] = False
    set_epoch(None if last else epochs[place + 1])
    st.rerun()


def set_epoch(epoch: int | None, *, held: bool = False) -> None:
    """Go to an epoch; `held` remembers that it was the page that chose it, not the visitor."""
    st.session_state["held"] = held
    address.write(epoch=epoch)
