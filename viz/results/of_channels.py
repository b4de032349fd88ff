"""What excites a layer's channels: patches, profiles, and how they evolve."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from training.progress import Progress, silent
from training.runs import Run
from viz.evolution import Evolution, from_columns
from viz.network.images import SplitImages
from viz.results.opening import NotKept, answered, network_of, split_of
from viz.store.cache import Arrays, Question, forget_partial, from_arrays, keep, recall, to_arrays
from viz.top_patches import TopPatches
from viz.top_patches.gallery import Gallery, gallery
from viz.top_patches.mining import mine_on
from viz.unit import compute as profiled
from viz.unit.compute import Profiles

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
    data = run.data(progress)
    digest = run.digest(epoch)

    def question(names: str | list[str]) -> Question:
        settings = {"layer": names, "k": k, "split": split}
        return Question("top-patches", digest, data.fingerprint, settings)

    found: dict[str, TopPatches] = {}
    for layer in layers:
        arrays = recall(run.derived, question(layer))
        if arrays is not None:
            found[layer] = from_arrays(TopPatches, arrays)
    missing = sorted(set(layers) - set(found))
    if missing and only_kept:
        raise NotKept
    if missing:
        images = SplitImages(split_of(data, split), run.preprocess)
        network = network_of(run, epoch)
        whole_pass = question(missing)
        state = mine_on(run.derived, whole_pass, network, images, missing, k, progress)
        for layer, top in state.top.items():
            keep(run.derived, question(layer), to_arrays(top))
        found |= state.top
        forget_partial(run.derived, whole_pass)
    return {layer: found[layer] for layer in layers}


def profiles(
    run: Run,
    epoch: int,
    layer: str,
    *,
    split: str = "val",
    only_kept: bool = False,
    progress: Progress = silent,
) -> Profiles:
    """How often a layer's channels fire, for which classes, and which of them are alike.

    Args:
        run: Whose network and data.
        epoch: Of the network.
        layer: Whose channels; its strongest patches are mined where they are not kept yet.
        split: val or train.
        only_kept: Raise `NotKept` rather than compute.
        progress: Told (images seen, images) over both passes.
    """
    data = run.data(progress)
    chosen = split_of(data, split)
    total = 2 * len(chosen.labels)

    def first(done: int, _total: int) -> None:
        progress(done, total)

    def second(done: int, _total: int) -> None:
        progress(total // 2 + done, total)

    top = top_patches(run, epoch, [layer], split=split, only_kept=only_kept, progress=first)[layer]
    settings = {"layer": layer, "split": split}
    question = Question("profiles", run.digest(epoch), data.fingerprint, settings)

    def compute() -> Arrays:
        return to_arrays(
            profiled.profiles(
                network_of(run, epoch),
                SplitImages(chosen, run.preprocess),
                chosen.labels,
                layer,
                top.score[:, 0],
                num_classes=len(data.classes),
                progress=second,
            )
        )

    return from_arrays(Profiles, answered(run, question, compute, only_kept))


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
    images = SplitImages(split_of(run.data(), split), run.preprocess)
    network, picture = network_of(run, epoch), run.preprocess.picture
    return gallery(network, images, layer, top, torch.tensor(list(channels)), picture=picture)
