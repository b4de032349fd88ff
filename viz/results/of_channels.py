"""What excites a layer's channels: patches, profiles, and how they evolve."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from training.progress import Progress, silent
from training.runs import Run
from viz.evolution import Evolution, from_columns
from viz.results.opening import NotKept, answered, split_of
from viz.store.answer import CacheMiss, answer
from viz.store.cache import Arrays, Question, from_arrays, to_arrays
from viz.store.lend import Lender, Opened
from viz.top_patches import TopPatches, TopPatchesQuery
from viz.top_patches.gallery import Gallery
from viz.top_patches.gallery import gallery_of as pictures_of

EPOCHS = 8  # columns of an evolution that fit on a page


def top_patches(
    run: Run,
    epoch: int,
    layers: Sequence[str],
    *,
    k: int = 9,
    split: str = "val",
    only_kept: bool = False,
    progress: Progress = silent,
) -> dict[str, TopPatches]:
    """The k strongest patches of every channel; one pass over the split serves all the layers.

    Args:
        run: Whose network and data.
        epoch: Of the network.
        layers: Asked for; those that are kept already cost nothing.
        k: Images for each channel.
        split: val or train.
        only_kept: Raise `NotKept` rather than compute.
        progress: Told (images seen, images).

    Returns:
        By layer, in the order asked.
    """
    which: Literal["val", "train"] = "train" if split == "train" else "val"
    query = TopPatchesQuery(str(run.path), epoch, tuple(layers), k, which)
    try:
        return answer(query, cached_only=only_kept, progress=progress)
    except CacheMiss as error:
        raise NotKept from error


def evolution(
    run: Run,
    layer: str,
    channels: Sequence[int],
    epochs: Sequence[int] | None = None,
    *,
    split: str = "val",
    only_kept: bool = False,
    progress: Progress = silent,
) -> Evolution:
    """The strongest patch of some channels, and its projection, at several epochs.

    What is mined at each epoch is kept as top patches: other channels cost little afterwards.

    Args:
        run: Whose networks and data.
        layer: Whose channels.
        channels: Wanted.
        epochs: Wanted; up to eight, evenly spread, by default.
        split: val or train.
        only_kept: Raise `NotKept` rather than compute.
        progress: Told (images seen, images) over all epochs.
    """
    epochs = list(epochs or spread(run.epochs))
    digests = ",".join(run.digest(epoch) for epoch in epochs)
    settings = {"layer": layer, "channels": list(channels), "epochs": epochs, "split": split}
    data = run.data(progress)
    question = Question("evolution", digests, data.fingerprint, settings)

    def compute() -> Arrays:
        count = len(split_of(data, split).labels)
        columns = []
        for number, epoch in enumerate(epochs):

            def tell(done: int, _total: int, before: int = number * count) -> None:
                progress(before + done, len(epochs) * count)

            top = top_patches(run, epoch, [layer], split=split, progress=tell)[layer]
            best = top.best(1)
            columns.append((epoch, best, gallery_of(run, epoch, layer, best, channels, split)))
        return to_arrays(from_columns(layer, channels, columns))

    return from_arrays(Evolution, answered(run, question, compute, only_kept))


def spread(epochs: Sequence[int], most: int = EPOCHS) -> list[int]:
    """At most so many of the epochs, first and last among them."""
    places = np.linspace(0, len(epochs) - 1, min(most, len(epochs))).round().astype(int)
    return [epochs[place] for place in places]


def gallery_of(
    run: Run, epoch: int, layer: str, top: TopPatches, channels: Sequence[int], split: str = "val"
) -> Gallery:
    """The patches and projections of what mining found for some channels."""
    return pictures_of(Opened(run, epoch, Lender()), layer, top, channels, split)
