"""With no run the workbench makes one and shows it growing.

Imports nothing heavy: the demo's process starts before the workbench itself imports torch, so
that both load at the same time and the first picture stands seconds earlier.
"""

from __future__ import annotations

import importlib
import threading
import time
from glob import escape
from typing import NoReturn

import streamlit as st

from app.jobs import job as jobs
from app.shell import address
from app.shell.errors import plain, readable
from app.shell.paths import runs_root

DEMO, SHIPPED = "demo", "finished"  # what is trained, and what comes with the package
DEMO_FLAGS = ["--model", "alexnet-small", "--data", "builtin", "--epochs", "12", "--seed", "0"]
DEMO_FLAGS += ["--early_checkpoints", "9"]  # filters move before the first epoch is over
USUAL_TIME = "1 to 4 min"  # on two cores
LOOK_EVERY_S = 0.3
NEEDED = (
    "app.shell.frame",
    "app.widgets.downloads",
    "app.views.overview",
    "app.views.curves",
    "app.views.filters",
    "viz.architecture.figure",
)


def is_first_visit() -> bool:
    """Whether there is no run but the demo and the one that comes with the package."""
    root = runs_root()
    found = [*root.glob("*/run.json"), *root.glob("*/*/run.json")]
    return all(path.parent in (root / DEMO, root / SHIPPED) for path in found)


def usual_time(run: str) -> str:
    """How long it takes to train, in words, before it is known how fast this machine is."""
    return USUAL_TIME if run == DEMO else ""


def offer_finished() -> None:
    """A button that opens the run that comes with the package."""
    if st.button(
        "Open a finished run at once",
        key="open finished",
        icon=":material/bolt:",
        help="A smaller network on the same pictures, trained before: every page works on it. "
        "The other one goes on training.",
    ):
        _open_finished()


def offer_while_it_learns(run: str) -> None:
    """Beside the filters of the demo while it trains: what else can be looked at meanwhile."""
    if run != DEMO or not (jobs.is_starting(DEMO) and is_first_visit()):
        return
    from app.shell.tour import offer as offer_tour  # imports torch

    with st.container(border=True):
        st.markdown("**While it learns**")
        st.caption(
            "The picture follows the network through its first epoch, in small steps, then epoch "
            "by epoch: noise turns into edges and colours."
        )
        with st.container(horizontal=True, gap="small"):
            offer_finished()
            offer_tour()


def _open_finished() -> NoReturn:
    from training.shipped import unpack  # imports torch

    with st.spinner("Opening it"):
        unpack(runs_root() / SHIPPED)
    address.write(run=SHIPPED, epoch=None)
    st.rerun()


def make_sure_of_a_run() -> None:
    """Start the demo run in a child process, where there is no run and never was one."""
    if _is_there("run.json") or jobs.was_trained(DEMO):
        return
    jobs.train(DEMO_FLAGS, name=DEMO)


def wait_for_the_demo() -> None:
    """Until the demo has its first checkpoint, say so, and load what its picture will need."""
    if jobs.is_starting(DEMO) and not _is_something_to_see():
        threading.Thread(target=_load, daemon=True).start()
        wait()


def _load() -> None:
    for module in NEEDED:
        importlib.import_module(module)


def _is_something_to_see(run: str | None = None) -> bool:
    checkpoints = "checkpoints/epoch-*.safetensors"
    if run is None:
        return _is_there(checkpoints)
    return any(runs_root().glob(f"{run}/{checkpoints}"))


def _is_there(pattern: str) -> bool:
    """In any run; those of a comparison lie one folder deeper."""
    root = runs_root()
    return any(root.glob(f"*/{pattern}")) or any(root.glob(f"*/*/{pattern}"))


def wait_for(run: str) -> NoReturn:
    """Say that a run has no checkpoint yet, until it has one, and end the page's run."""
    st.title(plain(run), anchor=False)
    st.fragment(_waiting_for, run_every=LOOK_EVERY_S)(run)
    st.stop()


@readable()
def _waiting_for(run: str) -> None:
    if _is_something_to_see(escape(run)):
        st.rerun()
    st.info(
        "This run has no checkpoint yet. While it trains, its untrained filters will be here in "
        "a moment; otherwise choose another run at the left.",
        icon=":material/hourglass_empty:",
    )


def wait() -> NoReturn:
    """Show what is being prepared, and end the page's run."""
    st.title("Filterscope")
    st.caption("Watch a convolutional network learn to see.")
    st.fragment(_waiting, run_every=LOOK_EVERY_S)()
    st.stop()


@readable()
def _waiting() -> None:
    if _is_something_to_see():
        st.rerun()
    if jobs.is_starting(DEMO):
        began = st.session_state.setdefault("waiting since", time.time())
        st.progress(
            min((time.time() - began) / 8, 0.95),
            text="There is no run yet, so a small network is being made for you. Its untrained "
            f"filters will be here in a few seconds; then watch them learn, for {USUAL_TIME}.",
        )
        offer_finished()
        return
    if words := jobs.training_log(DEMO):
        st.error(f"The demo could not be trained: {plain(words)}", icon=":material/error:")
    else:
        st.info("There is no run to look at.")
    if st.button("Train the demo", type="primary", icon=":material/play_arrow:"):
        st.session_state.pop("waiting since", None)
        jobs.train(DEMO_FLAGS, name=DEMO)
        st.rerun()
    offer_finished()
