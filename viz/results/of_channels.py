"""What excites a layer's channels: patches, profiles, and how they evolve."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Literal

from PIL import Image

from training.errors import WorkbenchError
from training.progress import Progress, silent
from training.runs import Run
from viz.results.opening import NotKept, network_of
from viz.store.answer import CacheMiss, answer
from viz.store.lend import Lender, Opened
from viz.strongest import Strongest, convolutions_on_the_way
from viz.strongest import strongest as find_strongest
from viz.top_patches import TopPatches, TopPatchesQuery
from viz.top_patches.gallery import Gallery
from viz.top_patches.gallery import gallery_of as pictures_of


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


def strongest(run: Run, epoch: int, image: Image.Image) -> list[Strongest]:
    """In each convolution the unit that an image excites most.

    It is measured by the strongest response of its channel where top patches of the layer are kept.

    Args:
        run: Whose network.
        epoch: Of the network.
        image: Any RGB image.
    """
    network = network_of(run, epoch)
    layers = convolutions_on_the_way(network)
    usual = {}
    for layer in layers:
        with suppress(NotKept, WorkbenchError):  # not mined yet, or a run without images
            top = top_patches(run, epoch, [layer], only_kept=True)[layer]
            usual[layer] = top.score[:, 0]
    picture = run.preprocess.picture
    return find_strongest(network, run.preprocess(image), layers, usual, picture=picture)


def gallery_of(
    run: Run, epoch: int, layer: str, top: TopPatches, channels: Sequence[int], split: str = "val"
) -> Gallery:
    """The patches and projections of what mining found for some channels."""
    return pictures_of(Opened(run, epoch, Lender()), layer, top, channels, split)
