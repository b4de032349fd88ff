"""When did it learn that: what excites a channel most, epoch after epoch, and since when.

A channel has settled by the image that excites it most, or by its filter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from training.errors import WorkbenchError
from training.models import Network
from training.progress import Progress, silent
from viz.network.images import Images, in_batches
from viz.top_patches.compute import TopPatches, scan
from viz.top_patches.gallery import Gallery, gallery

EPOCHS = 8  # columns that fit on a page
ALIKE = 0.9  # cosine between a filter and what becomes of it
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


def spread(epochs: Sequence[int], most: int = EPOCHS) -> list[int]:
    """At most so many of the epochs, evenly spread, first and last among them."""
    places = np.linspace(0, len(epochs) - 1, min(most, len(epochs))).round().astype(int)
    return [epochs[place] for place in places]


def same_image_since(epoch: Tensor, image: Tensor) -> list[int | None]:
    """The first epoch from which each channel's strongest image stays the same; None if none is.

    The last epoch alone would prove nothing.

    Args:
        epoch: (E,) ascending.
        image: (E, C) index of the strongest image.
    """
    same = (image == image[-1]).flip(0).long().cumprod(0).sum(0)  # epochs at the end, (C,)
    return [int(epoch[len(epoch) - count]) if count > 1 else None for count in same.tolist()]


def filter_settled(weights: Mapping[int, Tensor], least: float = ALIKE) -> list[int]:
    """The first epoch from which each filter points where the last one does.

    Its cosine to the filter of the last epoch is then at least 0.9 and stays so; lower layers come
    to that within a few epochs, higher ones later. A filter that is zero has no direction and
    settles last.

    Args:
        weights: Epoch to weight (C, …), ascending; the last is what the others are compared with.
        least: The cosine.

    Source: Zeiler & Fergus 2013, section 4.1 and figure 4, which looked at it.
    """
    epochs = list(weights)
    flat = torch.stack([weights[epoch].flatten(1).double() for epoch in epochs])  # (E, C, D)
    cosine = functional.cosine_similarity(flat, flat[-1:], dim=2)
    cosine[-1] = 1
    settled = (cosine >= least).flip(0).long().cumprod(0).sum(0)
    return [epochs[len(epochs) - count] for count in settled.tolist()]
