"""When did it learn that: what excites a channel most, epoch after epoch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from training.errors import WorkbenchError
from training.models import Network
from viz.drawing.sheet import channels_last, grey_centred, to_bytes
from viz.evolution.learning import Motion, learnt
from viz.network.images import Images
from viz.top_patches.compute import TopPatches
from viz.top_patches.gallery import Gallery, gallery

EPOCHS = 8  # columns that fit on a printed page
LARGEST_PX, REDUCED_PX = 96, 72  # a tile with more pixels a side is reduced to so many


@dataclass(frozen=True)
class Column:
    """One epoch: how strongly all N channels of a layer respond, and what C of them see."""

    response: Tensor  # (N,) mean activation over the strongest images, at most nine
    score: Tensor  # (C,) the strongest activation
    image: Tensor  # (C,) int64 index into the images
    row: Tensor  # (C,) int64, of the unit in the feature map
    col: Tensor  # (C,) int64
    tile: Tensor  # (C, 2, h, w, 3) uint8: the patch, and its projection with mid grey for zero


@dataclass(frozen=True)
class Evolution:
    """The strongest unit of some channels of one layer at each epoch, and when they learnt it."""

    layer: str
    epoch: Tensor  # (E,) int64
    channel: Tensor  # (C,) int64
    score: Tensor  # (E, C) activation
    image: Tensor  # (E, C) int64 index into the images
    row: Tensor  # (E, C) int64, of the unit in the feature map
    col: Tensor  # (E, C) int64
    tile: Tensor  # (E, C, 2, h, w, 3) uint8: its receptive field, and the projection
    response: Tensor  # (E, N) of all channels: mean activation over the strongest images
    motion: Motion  # of all channels' weights

    @cached_property
    def learnt(self) -> list[int | None]:
        """When each of the layer's N channels learnt what it answers to; see `learnt`."""
        return learnt(self.epoch, self.response, self.motion.cosine)


def column(
    network: Network,
    images: Images,
    layer: str,
    channels: Sequence[int],
    top: TopPatches,
    *,
    picture: Callable[[Tensor], Tensor],
) -> Column:
    """What one epoch shows.

    Args:
        network: After that epoch, in evaluation mode.
        images: Normalised, N of them; the same for all epochs.
        layer: Name of the layer.
        channels: Which of its channels are drawn.
        top: The strongest patches of all channels, as mining these images found them.
        picture: Normalised images back to colours in [0, 1]; `Preprocess.picture`.

    Raises:
        WorkbenchError: If there is no such layer or channel.

    Source: Zeiler & Fergus, ECCV 2014, section 4.1 and figure 4.
    """
    wanted = torch.tensor(list(channels), dtype=torch.int64)
    best = top.best(1)
    found = gallery(network, images, layer, best, wanted, picture=picture)
    return Column(
        response=mean_response(top.score),
        score=best.score[wanted, 0],
        image=best.image[wanted, 0],
        row=best.row[wanted, 0],
        col=best.col[wanted, 0],
        tile=small(found),
    )


def mean_response(score: Tensor) -> Tensor:
    """(C, k) activations of the strongest images to their mean (C,); missing images do not count.

    Nine images rather than one, so that a single odd picture decides nothing.
    """
    there = score.isfinite()
    return score.where(there, 0).sum(1) / there.sum(1).clamp(min=1)


def small(found: Gallery) -> Tensor:
    """Patches and projections of one image a channel as bytes, (C, 2, h, w, 3)."""
    tiles = torch.stack([found.patch[:, 0], found.projection[:, 0]], dim=1)  # (C, 2, 3, s, s)
    if tiles.shape[-1] > LARGEST_PX:
        # reduced before projections are scaled: a mean over both signs would leave little but grey
        side = (REDUCED_PX, REDUCED_PX)
        flat = functional.interpolate(tiles.flatten(0, 1), side, mode="bilinear", antialias=True)
        tiles = flat.unflatten(0, (-1, 2))
    pictures = channels_last(tiles[:, 0]), grey_centred(tiles[:, 1])
    return torch.from_numpy(to_bytes(np.stack(pictures, axis=1)))


def from_columns(
    layer: str,
    epochs: Sequence[int],
    channels: Sequence[int],
    columns: Sequence[Column],
    motion: Motion,
) -> Evolution:
    """Epochs looked at one by one, put side by side.

    Raises:
        WorkbenchError: If there is no epoch.
    """
    if not columns:
        raise WorkbenchError("There is no epoch to show: train, or choose other epochs.")
    return Evolution(
        layer=layer,
        epoch=torch.tensor(list(epochs)),
        channel=torch.tensor(list(channels), dtype=torch.int64),
        score=torch.stack([one.score for one in columns]),
        image=torch.stack([one.image for one in columns]),
        row=torch.stack([one.row for one in columns]),
        col=torch.stack([one.col for one in columns]),
        tile=torch.stack([one.tile for one in columns]),
        response=torch.stack([one.response for one in columns]),
        motion=motion,
    )


def spread(epochs: Sequence[int], most: int = EPOCHS) -> list[int]:
    """At most so many of the epochs, evenly spread, first and last among them."""
    places = np.linspace(0, len(epochs) - 1, min(most, len(epochs))).round().astype(int)
    return [epochs[place] for place in places]
