"""When did it learn that: what excites a channel most, epoch after epoch."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from training.errors import WorkbenchError
from training.models import Network
from training.progress import Progress, silent
from viz.network.images import Images, in_batches
from viz.top_patches import TopPatches, scan
from viz.top_patches.gallery import Gallery, gallery

Column = tuple[int, TopPatches, Gallery]  # an epoch, what was mined at it, and its pictures


@dataclass(frozen=True)
class Evolution:
    """The strongest unit of some channels of one layer at each epoch."""

    layer: str
    epoch: Tensor  # (E,) int64
    channel: Tensor  # (C,) int64
    score: Tensor  # (E, C) activation
    image: Tensor  # (E, C) int64 index into the images
    row: Tensor  # (E, C) int64, of the unit in the feature map
    col: Tensor  # (E, C) int64
    patch: Tensor  # (E, C, 3, s, s) its receptive field, colours in [0, 1]
    projection: Tensor  # (E, C, 3, s, s) signed, cut to the same square


def evolution(
    networks: Iterable[tuple[int, Network]],
    images: Images,
    layer: str,
    channels: Sequence[int],
    *,
    picture: Callable[[Tensor], Tensor],
    epochs: int | None = None,
    progress: Progress = silent,
) -> Evolution:
    """Mine the same images at every epoch, and show the best of each channel.

    A channel has settled where patch and projection stop changing; lower layers do so within a
    few epochs, higher ones much later.

    Args:
        networks: (epoch, network in evaluation mode) in the order to be shown. A generator may
            load them one by one: none is kept.
        images: Normalised, N of them; the same for all epochs.
        layer: Name of the layer.
        channels: Which of its channels.
        picture: Normalised images back to colours in [0, 1]; `Preprocess.picture`.
        epochs: How many networks will come, for the progress; by default as many as
            `networks` says it has.
        progress: Told (images seen, images · epochs) where the number of epochs is known.

    Raises:
        WorkbenchError: If there is no network, no image, or no such layer or channel.

    Source: Zeiler & Fergus, ECCV 2014, section 4.1 and figure 4.
    """
    if not len(images):
        raise WorkbenchError("There is no image to look for the strongest patches in.")
    if epochs is None and isinstance(networks, Sequence):
        epochs = len(networks)
    wanted = torch.tensor(list(channels), dtype=torch.int64)
    columns: list[Column] = []
    for epoch, network in networks:
        for state in scan(network, in_batches(images), [layer], k=1):
            if epochs is not None:
                progress(len(columns) * len(images) + state.seen, epochs * len(images))
        top = state.top[layer]
        columns.append((epoch, top, gallery(network, images, layer, top, wanted, picture=picture)))
    if not columns:
        raise WorkbenchError("There is no epoch to show: train, or choose other epochs.")
    return from_columns(layer, channels, columns)


def from_columns(layer: str, channels: Sequence[int], columns: Sequence[Column]) -> Evolution:
    """Epochs mined one by one, put side by side.

    Args:
        layer: Name of the layer.
        channels: Which of its channels.
        columns: For each epoch its number, the strongest patches of all channels, and the
            pictures of the chosen channels.
    """
    epochs, tops, galleries = zip(*columns, strict=True)
    wanted = torch.tensor(list(channels), dtype=torch.int64)
    return Evolution(
        layer=layer,
        epoch=torch.tensor(epochs),
        channel=wanted,
        score=torch.stack([top.score[wanted, 0] for top in tops]),
        image=torch.stack([top.image[wanted, 0] for top in tops]),
        row=torch.stack([top.row[wanted, 0] for top in tops]),
        col=torch.stack([top.col[wanted, 0] for top in tops]),
        patch=torch.stack([found.patch[:, 0] for found in galleries]),
        projection=torch.stack([found.projection[:, 0] for found in galleries]),
    )
