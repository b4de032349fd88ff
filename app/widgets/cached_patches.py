"""A layer's strongest patches on a page: read once for all visitors, mined where needed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from app.jobs.ask import ask
from app.shell.frame import Choice
from app.shell.lender import LENDER
from app.shell.runs import data_of
from training.errors import WorkbenchError
from training.status import RUNNING
from viz.network.layers import mined_together
from viz.store.answer import CacheMiss
from viz.store.lend import Lender, Opened, plan_of
from viz.top_patches import TopPatches, TopPatchesQuery
from viz.top_patches.gallery import gallery_of, small_tiles


def patches_of(choice: Choice, layer: str, together: Sequence[str] = ()) -> TopPatches | None:
    """The layer's strongest patches; None while a job mines them, whose panel stands here.

    Args:
        choice: Whose validation images.
        layer: Whose channels.
        together: All the layers that one pass serves, where it has to be made.
    """
    try:
        return cached_patches(choice, layer)
    except CacheMiss:
        pass
    query = TopPatchesQuery(str(choice.run.path), choice.epoch, tuple(together) or (layer,))
    found = ask(query, f"Mining patches at epoch {choice.epoch}").answer
    return None if found is None else found[layer]


def cached_patches(choice: Choice, layer: str) -> TopPatches:
    """What is cached in the run.

    Raises:
        CacheMiss: If they have not been mined yet.
    """
    return _cached(str(choice.run.path), choice.digest, choice.epoch, layer)


@st.cache_data(max_entries=64, show_spinner=False)
def _cached(run_path: str, digest: str, epoch: int, layer: str) -> TopPatches:
    """An error is not cached, so they are looked for again.

    Args:
        run_path: Folder of the run.
        digest: `run.digest(epoch)`, so that a retrained epoch is read again.
        epoch: Of the network.
        layer: Whose channels.
    """
    del digest  # part of the key only
    query = TopPatchesQuery(run_path, epoch, (layer,))
    return LENDER.ask(query, cached_only=True)[layer]


@st.cache_data(max_entries=2048, show_spinner=False)
def tiles_of_channel(
    run_path: str,
    digest: str,
    epoch: int,
    layer: str,
    channel: int,
    *,
    _top: TopPatches,
    _lender: Lender = LENDER,
) -> np.ndarray:
    """(1, 2, k, h, w, 4) uint8; what was mined follows from the weights in the key."""
    del digest  # part of the key only
    opened = Opened.of(run_path, epoch, _lender)
    return small_tiles(gallery_of(opened, layer, _top, [channel]))


def nine_patches(choice: Choice, layer: str, channel: int) -> np.ndarray | None:
    """(k, h, w, 4) uint8, the strongest patches of a channel; None where they are not mined.

    While the run trains nothing is mined for it: the next epoch would have it begin anew.
    """
    try:
        data_of(choice.run)
    except WorkbenchError:
        return None
    is_training = choice.run.status().state == RUNNING
    try:
        top = cached_patches(choice, layer)
    except CacheMiss:
        found = (
            None
            if is_training
            else patches_of(choice, layer, mined_together(plan_of(choice.run), layer))
        )
        if found is None:
            return None
        top = found
    which = str(choice.run.path), choice.digest, choice.epoch, layer, channel
    tiles = tiles_of_channel(*which, _top=top)[0, 0]
    return tiles[(top.image[channel] >= 0).numpy()]
