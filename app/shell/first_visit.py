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
from app.shell.errors import plain, readable
from app.shell.paths import runs_root

DEMO = "demo"
DEMO_FLAGS = ["--model", "alexnet-small", "--data", "builtin", "--epochs", "12", "--seed", "0"]
LOOK_EVERY_S = 0.3
NEEDED = (
    "app.shell.frame",
    "app.widgets.downloads",
    "app.views.overview",
    "app.views.curves",
    "app.views.filters",
    "viz.architecture.figure",
)


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
            "filters will be here in a few seconds; then watch them learn.",
        )
        return
    if words := jobs.training_log(DEMO):
        st.error(f"The demo could not be trained: {plain(words)}", icon=":material/error:")
    else:
        st.info("There is no run to look at.")
    if st.button("Train the demo", type="primary", icon=":material/play_arrow:"):
        st.session_state.pop("waiting since", None)
        jobs.train(DEMO_FLAGS, name=DEMO)
        st.rerun()
