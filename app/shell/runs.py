"""The runs that the workbench shows, and what several visitors share of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.shell.paths import runs_root
from training.runs import BrokenRun, Run, list_runs
from training.words import printable

if TYPE_CHECKING:
    from training.data import Data
    from training.models import Network

__all__ = ["broken_layers", "data_of", "name_of", "network_of", "runs_root", "there_are"]


def there_are() -> tuple[list[Run], list[BrokenRun]]:
    """All runs, newest first, and the folders that should be runs and are not."""
    return list_runs(runs_root())


def name_of(run: Run | BrokenRun) -> str:
    """Its folder below the folder of runs, as addresses say it: demo, or pair/relu-seed0."""
    return printable(run.path.relative_to(runs_root()).as_posix())


@st.cache_resource(max_entries=3, show_spinner="Reading the weights")
def network_of(run_path: str, digest: str, epoch: int) -> Network:
    """A run's network after an epoch, on the fastest device; one for all visitors.

    Args:
        run_path: Folder of the run.
        digest: `run.digest(epoch)`, so that a retrained epoch is read again.
        epoch: Of the network.
    """
    from viz.store.lend import fresh_network as fresh

    del digest  # part of the key only
    return fresh(Run.open(run_path), epoch)


@st.cache_data(max_entries=64, show_spinner=False)
def broken_layers(run_path: str, digest: str, epoch: int) -> list[str]:
    """The layers of a run's network that have weights which are no finite numbers."""
    from viz.network.layers import not_finite

    return not_finite(network_of(run_path, digest, epoch))


def data_of(run: Run) -> Data:
    """The images of a run, opened once for all visitors.

    Raises:
        WorkbenchError: If the run has none, or they are no longer there or no longer the same.
    """
    return _data(str(run.path), str(run.info.data_fingerprint))


@st.cache_resource(max_entries=8, show_spinner="Opening the images")
def _data(run_path: str, fingerprint: str) -> Data:
    del fingerprint  # part of the key only
    return Run.open(run_path).data()
