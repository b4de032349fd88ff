"""What all pages share: which run, which epoch, and the sidebar to choose them.

Without an epoch in the address the visitor follows the newest one: Overview and Filters then grow
with the run. Pages whose pictures are dear hold on to the epoch they were opened at.
"""

from __future__ import annotations

import atexit
import gc
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import streamlit as st

from app import address, first_visit, runs
from app.errors import plain, readable
from app.training_progress import TrainingProgress
from training.runs import BrokenRun, Run
from training.status import DEAD, FAILED, RUNNING, STOPPED
from viz.layers import trunk

if TYPE_CHECKING:
    from training.models import Network

ALONE = ("compare",)  # pages that choose among the runs themselves
LIVE = ("overview", "filters", "train")  # pages that may be redrawn at every new epoch
LOOK_EVERY_S, GLANCE_EVERY_S, PLAY_EVERY_S = 1.0, 5.0, 0.8
STATES = {
    RUNNING: ":green[●] training",
    STOPPED: ":orange[■] stopped",
    DEAD: ":red[▲] dead",
    FAILED: ":red[▲] failed",
}


@dataclass(frozen=True)
class Choice:
    """What the visitor looks at."""

    run: Run
    epoch: int

    @property
    def digest(self) -> str:
        """Of the epoch's weights."""
        return self.run.digest(self.epoch)

    def network(self) -> Network:
        """The run's network after the epoch, shared by all visitors."""
        return runs.network_of(str(self.run.path), self.digest, self.epoch)


def choose(page: str) -> None:
    """Draw the sidebar and settle run and epoch for the page that comes next.

    Args:
        page: Name of the page, such as "top_patches".
    """
    arrived = address.arrive(page)
    there, broken = runs.there_are()
    st.session_state["choice"] = st.session_state["run"] = None
    with st.sidebar, readable():
        if there and page not in ALONE:
            run = st.session_state["run"] = _choose_run(there)
            epoch = _choose_epoch(run, page, arrived)
            if epoch is not None:
                st.session_state["choice"] = Choice(run, epoch)
            _watch(run, page)
        _show_broken(broken)
    address.show_notices()


def settle(page: str) -> None:
    """Take what a page's first run has loaded out of the garbage collector's rounds.

    Streamlit collects garbage after every run, also of a fragment: walking through all of torch
    and plotly each time would take a seventh of a second, every second, from the training.
    """
    if page not in _settled:
        _settled.add(page)
        gc.collect()
        gc.freeze()


_settled: set[str] = set()
atexit.register(gc.unfreeze)  # or triton complains of leaks at the end


def chosen() -> Choice:
    """Run and epoch; where there are none yet, shows what is being done about it and ends here."""
    choice: Choice | None = st.session_state["choice"]
    if choice is None:
        run = chosen_run()
        if run is not None:
            first_visit.wait_for(runs.name_of(run))
        first_visit.wait()
    return choice


def chosen_run() -> Run | None:
    """The run, which may have no checkpoint yet; None where there is no run."""
    run: Run | None = st.session_state["run"]
    return run


def go_to(page: str, **chosen: Any) -> NoReturn:
    """Lead on to another page, where this is selected.

    Args:
        page: Name of the page, such as "top_patches".
        **chosen: What its address shall say, such as layer="conv1", channel=3.
    """
    address.write(**chosen)
    known = {name: st.query_params[name] for name in ("run", "epoch") if name in st.query_params}
    more = {name: str(value) for name, value in chosen.items()}
    st.switch_page(f"app/pages/{page}.py", query_params=known | more)


def layer_picker(network: Network, layers: list[str], default: str) -> str:
    """Choose one of the layers; the address says `layer`."""
    seen, everything_passes = network.geometry, trunk(network)

    def describe(layer: str) -> str:
        inside = "" if layer in everything_passes else "\u2002"  # of a block: set in
        return inside + (f"{layer} · sees {seen[layer].size} px" if layer in seen else layer)

    return address.pick(
        st.selectbox, "Layer", layers, name="layer", default=default, format_func=describe
    )


def channel_picker(channels: int, default: int = 0) -> int:
    """Choose one of so many channels; the address says `channel`."""
    return address.pick_number(
        st.number_input, "Channel", 0, channels - 1, name="channel", default=default
    )


def _choose_run(there: list[Run]) -> Run:
    by_name = {runs.name_of(run): run for run in there}
    before = st.session_state.get("run before")
    if before not in (None, *by_name) and st.query_params.get("run") in (None, before):
        address.write(run=None, epoch=None)
        address.notice("run", f"The run {before} is gone: its folder was deleted or moved.")
    name = address.read("run", {name: name for name in by_name}.__getitem__, next(iter(by_name)))
    if before not in (None, name):
        address.carry_all()
    key = address.fresh_key("run", name, list(by_name))

    def changed() -> None:
        address.write(run=st.session_state[key], epoch=None)

    st.selectbox("Run", list(by_name), key=key, on_change=changed)
    st.session_state["run before"] = name
    if st.query_params.get("run") != name:
        st.query_params["run"] = name
    return by_name[name]


def _choose_epoch(run: Run, page: str, arrived: bool) -> int | None:
    """Draw the slider and its buttons; None while the run has no checkpoint."""
    epochs = run.epochs
    if not epochs:
        return None
    if arrived and page in LIVE and st.session_state.get("held"):
        _set_epoch(None)
    epoch = address.read("epoch", lambda text: epochs[epochs.index(int(text))], None)
    if epoch is None and page not in LIVE and run.status().state == RUNNING:
        epoch = epochs[-1]
        _set_epoch(epoch, held=True)
    following = epoch is None
    epoch = epochs[-1] if epoch is None else epoch
    if len(epochs) == 1:
        st.caption(f"Epoch {epoch}" + (", untrained" if epoch == 0 else ""))
        return epoch
    live = following and run.status().state == RUNNING
    _slider(epochs, epoch, "Epoch, following the newest" if live else "Epoch")
    _steps(epochs, epoch, page)
    return epoch


def _slider(epochs: list[int], epoch: int, label: str) -> None:
    key = address.fresh_key("epoch", epoch, epochs)

    def changed() -> None:
        st.session_state["playing"] = False
        picked = st.session_state[key]
        _set_epoch(None if picked == epochs[-1] else picked)

    st.select_slider(
        label,
        epochs,
        key=key,
        on_change=changed,
        help="At the right end you follow the newest epoch while the network trains.",
    )


def _steps(epochs: list[int], epoch: int, page: str) -> None:
    place, last = epochs.index(epoch), len(epochs) - 1

    def step(to: int) -> None:
        st.session_state["playing"] = False
        _set_epoch(None if to == last else epochs[to])

    def play() -> None:
        st.session_state["playing"] = not st.session_state.get("playing")
        if st.session_state["playing"] and place == last:
            _set_epoch(epochs[0])

    playing = bool(st.session_state.get("playing")) and page in LIVE
    with st.container(horizontal=True, gap="small"):
        st.button(
            "",
            key="step back",
            icon=":material/skip_previous:",
            help="Step back",
            disabled=place == 0,
            on_click=step,
            args=(place - 1,),
        )
        st.button(
            "",
            key="play",
            icon=":material/pause:" if playing else ":material/play_arrow:",
            help="Pause" if playing else "Play the epochs",
            disabled=page not in LIVE,  # elsewhere each epoch would start long work
            on_click=play,
        )
        st.button(
            "",
            key="step on",
            icon=":material/skip_next:",
            help="Step on",
            disabled=place == last,
            on_click=step,
            args=(place + 1,),
        )
    if playing:
        st.session_state["next frame"] = time.monotonic() + PLAY_EVERY_S
        st.fragment(_next_frame, run_every=PLAY_EVERY_S)(epochs, place)


def _next_frame(epochs: list[int], place: int) -> None:
    if time.monotonic() < st.session_state["next frame"] - 0.1:
        return  # drawn as part of the page, not by the clock
    last = place + 1 >= len(epochs) - 1
    if last:
        st.session_state["playing"] = False
    _set_epoch(None if last else epochs[place + 1])
    st.rerun()


def _set_epoch(epoch: int | None, *, held: bool = False) -> None:
    st.session_state["held"] = held
    address.write(epoch=epoch)


def _watch(run: Run, page: str) -> None:
    """Say what the run is doing; redraw the page when there is something new to see."""
    progress = TrainingProgress.of(run)
    seen = _signature(progress, page)
    every = LOOK_EVERY_S if progress.status.state == RUNNING else GLANCE_EVERY_S
    st.fragment(_glance, run_every=every)(run, page, seen)


def _signature(progress: TrainingProgress, page: str) -> tuple[object, ...]:
    """What makes the page worth drawing again."""
    newest = progress.newest if page in LIVE else min(progress.newest, 0)
    return progress.status.state, newest


@readable()
def _glance(run: Run, page: str, seen: tuple[object, ...]) -> None:
    progress = TrainingProgress.of(run)
    if _signature(progress, page) != seen or not (run.path / "run.json").exists():
        st.rerun()
    st.caption(_description(run))
    if progress.status.state == RUNNING:
        st.progress(progress.share, text=f":green[●] {progress.words}")
        choice = st.session_state["choice"]
        if choice and choice.epoch < progress.newest and page not in LIVE:
            newest = progress.newest
            if st.button(f"Show the newest epoch, {newest}", type="tertiary"):
                _set_epoch(newest, held=True)
                st.rerun()


def _description(run: Run) -> str:
    state = run.status().state
    dot = f" · {STATES[state]}" if state in STATES and state != RUNNING else ""
    return f"{plain(run.config['model'])} on {plain(run.data_name)}{dot}"


def _show_broken(broken: list[BrokenRun]) -> None:
    if not broken:
        return
    word = "folder" if len(broken) == 1 else "folders"
    with st.expander(f"{len(broken)} {word} cannot be opened"):
        for run in broken:
            st.markdown(f"**{plain(runs.name_of(run))}**  \n{plain(run.reason)}")
