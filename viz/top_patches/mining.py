"""Mining that may be interrupted: what a pass has seen is kept every few seconds."""

import time
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np
import torch

from training.models import Network
from training.progress import Progress
from viz.network.images import BATCH_SIZE, SplitImages
from viz.store.cache import Arrays, Question, keep, recall, to_arrays
from viz.top_patches.compute import MiningState, TopPatches, scan

SAVE_EVERY_S = 5.0  # what a killed pass has to do again at most


def mine_on(
    folder: Path,
    question: Question,
    network: Network,
    images: SplitImages,
    layers: Sequence[str],
    k: int,
    progress: Progress,
) -> MiningState:
    """One pass over the images, from where an earlier one for the same question stopped.

    Args:
        folder: The run's `derived`.
        question: Stands for weights, images, layers and k: what is kept is found by it.
        network: In evaluation mode.
        images: To search.
        layers: To mine.
        k: Images to keep for each channel.
        progress: Told (images seen, images).
    """
    state = before = _recall(folder, question, layers)
    first = before.seen if before else 0
    batches = (images[i : i + BATCH_SIZE] for i in range(first, len(images), BATCH_SIZE))
    saved = time.monotonic()
    try:
        for state in scan(network, batches, layers, k, before):
            if time.monotonic() - saved > SAVE_EVERY_S:
                _keep(folder, question, state)
                saved = time.monotonic()
            progress(state.seen, len(images))
    except BaseException:  # also Ctrl-C: whatever the reason, what has been seen is not lost
        if state is not None and state.seen > first:
            _keep(folder, question, state)
        raise
    assert state is not None
    return state


def _keep(folder: Path, question: Question, state: MiningState) -> None:
    arrays: Arrays = {"seen": np.array(state.seen)}
    for layer, top in state.top.items():
        arrays |= {f"{layer}.{name}": array for name, array in to_arrays(top).items()}
    keep(folder, question, arrays, partial=True)


def _recall(folder: Path, question: Question, layers: Sequence[str]) -> MiningState | None:
    arrays = recall(folder, question, partial=True)
    if arrays is None:
        return None
    names = [field.name for field in fields(TopPatches)]
    top = {
        layer: TopPatches(*(torch.from_numpy(arrays[f"{layer}.{name}"]) for name in names))
        for layer in layers
    }
    return MiningState(int(arrays["seen"]), top)
