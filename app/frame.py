"""What all pages share: which run, which epoch, and the sidebar to choose them.

Without an epoch in the address the visitor follows the newest one: Overview and Filters then grow
with the run. Pages whose pictures are dear hold on to the epoch they were opened at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import streamlit as st

from app import address, first_visit, runs
from app.errors import readable
from app.places import runs_root
from app.words import percent, time_left
from training.geometry import receptive_fields
from training.runs import BrokenRun, Run
from training.status import DEAD, FAILED, RUNNING, STOPPED, Status

if TYPE_CHECKING:
    from training.models import Network

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
    st.session_state["choice"] = None
    with st.sidebar, readable():
        if there:
            run = _choose_run(there)
            epoch = _choose_epoch(run, page, arrived)
            if epoch is not None:
                st.session_state["choice"] = Choice(run, epoch)
            _watch(run, page)
        _show_broken(broken)
    address.show_notices()


def chosen() -> Choice:
    """Run and epoch; where there are none yet, shows what is being done about it and ends here."""
    choice: Choice | None = st.session_state["choice"]
    if choice is None:
        first_visit.wait()
    return choice


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
    seen = receptive_fields(network)

    def describe(layer: str) -> str:
        return f"{layer} · sees {seen[layer].size} px" if layer in seen else layer

    return address.pick(
        st.selectbox, "Layer", layers, name="layer", default=default, format_func=describe
    )


def channel_picker(channels: int, default: int = 0) -> int:
    """Choose one of so many channels; the address says `channel`."""
    return address.pick_number(
        st.number_input, "Channel", 0, channels - 1, name="channel", default=default
    )


def _choose_run(there: list[Run]) -> Run:
    by_name = {run.name: run for run in there}
    before = st.session_state.get("run before")
    if before not in (None, *by_name) and st.query_params.get("run") in (None, before):
        address.write(run=None, epoch=None)
        address.notice("run", f"The run {before} is gone: its folder was deleted or moved.")
    name = address.read("run", lambda text: by_name[text].name, there[0].name)
    if before not in (None, name):
        address.carry_all()
    key = "run picker"
    if st.session_state.get(key) != name:
        st.session_state[key] = name

    def changed() -> None:
        address.write(run=st.session_state[key], epoch=None)

    st.selectbox("Run", list(by_name), key=key, on_change=changed)
    st.session_state["run before"] = name
    if st.query_params.get("run") != name:
        st.query_params["run"] = name
    return by_name[name]


def _choose_epoch(run: Run, page: str, arrived: bool) -> int | None:
    epochs = run.epochs
    if not epochs:
        return None
    return epochs[-1]


def _watch(run: Run, page: str) -> None: ...


def _show_broken(broken: list[BrokenRun]) -> None: ...


_ = (Status, percent, time_left, runs_root)
