"""What all pages share: which run and which epoch, and the bar to choose them."""

from __future__ import annotations

import atexit
import gc
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import streamlit as st

from app.jobs import panel as job_panel
from app.jobs.tray import show_tray
from app.shell import address, first_visit, runs, window
from app.shell.compare_with import choose_compare_with
from app.shell.epochs import LIVE, choose_epoch, set_epoch
from app.shell.errors import plain, readable
from app.shell.training_progress import TrainingProgress
from training.errors import WorkbenchError
from training.runs import BrokenRun, Run
from training.status import DEAD, FAILED, RUNNING, STOPPED
from viz.network.layers import backbone

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from training.models import Network

ALONE = ("compare",)  # pages that choose among the runs themselves
LOOK_EVERY_S, GLANCE_EVERY_S = 1.0, 5.0
RUN_PX = 150  # of the box with the runs, in the bar
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
    def title(self) -> str:
        """Run and epoch, for people."""
        return f"{plain(runs.name_of(self.run))}, epoch {self.epoch}"

    @property
    def digest(self) -> str:
        """Of the epoch's weights."""
        return self.run.digest(self.epoch)

    def network(self) -> Network:
        """The run's network after the epoch, shared by all visitors; a banner if it is broken."""
        which = str(self.run.path), self.digest, self.epoch
        network = runs.network_of(*which)
        self.check()
        return network

    def check(self) -> None:
        """A banner if the weights are broken, whatever the page draws with them."""
        self.warn_of(runs.broken_layers(str(self.run.path), self.digest, self.epoch))

    def warn_of(self, layers: Sequence[str]) -> None:
        """Say which layers have weights that are no numbers, until another epoch is chosen."""
        if layers:
            named = ", ".join(layers[:6]) + (" …" if len(layers) > 6 else "")
            address.notice(
                "epoch",
                f"Some weights of {named} are not finite numbers at epoch {self.epoch}: what is "
                "computed with them means nothing. Choose an earlier epoch.",
            )


def choose(page: str) -> None:
    """Draw the bar and the tray, and settle run and epoch for the page that comes next.

    Args:
        page: Name of the page, such as "top_patches".
    """
    arrived = address.arrive(page)
    job_panel.begin()
    there, broken = runs.there_are()
    st.session_state["page"] = page
    for name in ("run", "choice", "compare_with"):
        st.session_state[name] = None
    with _bar(), readable():
        window.watch()
        if there and page not in ALONE:
            run = st.session_state["run"] = _choose_run(there)
            with st.container(key="player"):
                epoch = choose_epoch(run, page, arrived)
            if epoch is not None:
                st.session_state["choice"] = Choice(run, epoch)
                by_name = {runs.name_of(each): each for each in there}
                other = choose_compare_with(by_name, runs.name_of(run), page)
                st.session_state["compare_with"] = other and Choice(*other)
    with st.sidebar, readable():
        if shown := chosen_run():
            _watch(shown, page)
        show_tray(there)
        _show_broken(broken)
    address.show_notices()


def _bar() -> DeltaGenerator:
    """One line on top of every page, in sight while it scrolls."""
    return st.container(key="bar", horizontal=True, gap="small", vertical_alignment="center")


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
    if st.session_state["page"] not in LIVE:
        choice.check()
    return choice


def compared() -> list[Choice]:
    """What the page shows: the chosen run and epoch, and what to compare it with, if anything.

    A second network that cannot be opened leaves the first one alone, with a word.
    """
    first, other = chosen(), st.session_state["compare_with"]
    if other is None:
        return [first]
    try:
        if st.session_state["page"] not in LIVE:
            other.check()
    except WorkbenchError as error:
        st.info(f"B, {other.title}, is not shown. {plain(str(error))}", icon=":material/info:")
        return [first]
    return [first, other]


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
    address.leave()
    st.switch_page(f"app/pages/{page}.py", query_params=known | more)


def layer_picker(
    network: Network, layers: list[str], default: str, *, also: Collection[str] = ()
) -> str:
    """Choose one of the layers; the address says `layer`, which may be one of `also`."""
    named = st.query_params.get("layer")
    if named in also and named not in layers:
        layers = [name for name in network.inputs if name == named or name in layers]
    seen, backbone_path = network.geometry, backbone(network)

    def describe(layer: str) -> str:
        inside = "" if layer in backbone_path else "\u2002"  # of a block: set in
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

    def changed(chosen: str) -> None:
        address.write(run=chosen, epoch=None)

    def describe(name: str) -> str:
        return f"{name} ●" if by_name[name].status().state == RUNNING else name

    with st.container(width=RUN_PX):
        st.selectbox(
            "Run",
            list(by_name),
            format_func=describe,
            label_visibility="collapsed",
            **address.bound("run", name, list(by_name), changed),
        )
    st.session_state["run before"] = name
    if st.query_params.get("run") != name:
        address.fill_in("run", name)
    return by_name[name]


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
        choice = st.session_state["choice"]
        if choice and choice.epoch < progress.newest and page not in LIVE:
            newest = progress.newest
            if st.button(f"Show the newest epoch, {newest}", type="tertiary"):
                set_epoch(newest, held=True)
                st.rerun()


def _description(run: Run) -> str:
    state = run.status().state
    dot = f" · {STATES[state]}" if state in STATES and state != RUNNING else ""
    return f"{plain(run.info.model)} on {plain(run.data_name)}{dot}"


def _show_broken(broken: list[BrokenRun]) -> None:
    if not broken:
        return
    word = "folder" if len(broken) == 1 else "folders"
    with st.expander(f"{len(broken)} {word} cannot be opened"):
        for run in broken:
            st.markdown(f"**{plain(runs.name_of(run))}**  \n{plain(run.reason)}")
