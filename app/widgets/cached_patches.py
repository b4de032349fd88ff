"""What mining has found and kept in a run, read once for all visitors."""

from __future__ import annotations

import streamlit as st

from training.runs import Run
from viz import results
from viz.top_patches import TopPatches


@st.cache_data(max_entries=64, show_spinner=False)
def recalled_patches(run_path: str, digest: str, epoch: int, layer: str) -> TopPatches:
    """The kept top patches of a layer; an error is not cached, so they are looked for again.

    Args:
        run_path: Folder of the run.
        digest: `run.digest(epoch)`, so that a retrained epoch is read again.
        epoch: Of the network.
        layer: Whose channels.

    Raises:
        NotKept: If they have not been mined yet.
    """
    del digest  # part of the key only
    run = Run.open(run_path)
    return results.top_patches(run, epoch, [layer], only_kept=True)[layer]
