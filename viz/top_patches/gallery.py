"""The strongest units seen: the patch before each, and beside it what the deconvnet says it saw."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from training.errors import WorkbenchError
from training.models import Network
from viz.deconvnet import CHUNK, project
from viz.drawing.sheet import channels_last, grey_centred, to_bytes
from viz.network.images import Images, SplitImages
from viz.network.patches import boxes, cut
from viz.top_patches.compute import TopPatches, mine

if TYPE_CHECKING:
    from viz.store.lend import Opened

SMALL_PX = 54  # at most, of the tiles of a sheet to point at


@dataclass(frozen=True)
class Gallery:
    """Patches and projections of some channels' strongest units, best first.

    s is the side of the layer's receptive field, or of the image for fully connected layers.
    """

    patch: Tensor  # (C, k, 3, s, s) colours in [0, 1]; mid grey outside of the image
    projection: Tensor  # (C, k, 3, s, s) signed; 0 outside of the image


def gallery(
    network: Network,
    images: Images,
    layer: str,
    top: TopPatches,
    channels: Tensor,
    *,
    picture: Callable[[Tensor], Tensor],
) -> Gallery:
    """Cut and project what mining found.

    A place without an image is grey in both. A unit that did not fire (score 0 or less) projects
    to nothing, as in the paper, where the signal starts from the activation.

    Args:
        network: That was mined, in evaluation mode.
        images: That were mined, N of them.
        layer: That was mined.
        top: What was found there.
        channels: (C,) the channels wanted.
        picture: Normalised images back to colours in [0, 1]; `Preprocess.picture`.

    Raises:
        WorkbenchError: If there is no such layer or channel.
    """
    count, k = top.score.shape
    if not ((channels >= 0) & (channels < count)).all():
        raise WorkbenchError(f"{layer} has channels 0 to {count - 1}; got {channels.tolist()}.")
    image, row, col, score = (
        table[channels].flatten() for table in (top.image, top.row, top.col, top.score)
    )
    squares = boxes(network, layer, row, col)
    patches, projections = [], []
    for first in range(0, len(image), CHUNK):
        part = slice(first, first + CHUNK)
        seen = images[image[part].clamp(min=0)]
        units = torch.stack([row[part], col[part]], dim=1).clamp(min=0)
        signals = project(network, seen, layer, channels.repeat_interleave(k)[part], units=units)
        patches.append(cut(picture(seen).cpu(), squares[part]))
        projections.append(cut(signals, squares[part], fill=0.0))
    patch, projection = torch.cat(patches), torch.cat(projections)
    patch[image < 0] = 0.5
    projection[score <= 0] = 0.0
    return Gallery(patch.unflatten(0, (-1, k)), projection.unflatten(0, (-1, k)))


def gallery_of(
    opened: Opened, layer: str, top: TopPatches, channels: Sequence[int], split: str = "val"
) -> Gallery:
    """The patches and projections of what mining a split found for some channels.

    Args:
        opened: The run and epoch that were mined.
        layer: That was mined.
        top: What was found there.
        channels: Wanted.
        split: That was mined, val or train.

    Raises:
        WorkbenchError: If there is no such layer or channel.
    """
    images = SplitImages(opened.split(split), opened.run.preprocess)
    picture, wanted = opened.run.preprocess.picture, torch.tensor(list(channels))
    return gallery(opened.network, images, layer, top, wanted, picture=picture)


def strongest_in(
    network: Network,
    image: Tensor,
    layer: str,
    channel: int,
    *,
    picture: Callable[[Tensor], Tensor],
) -> Gallery:
    """Patch and projection of the one unit of a channel that an image excites most, (1, 1) each.

    Args:
        network: In evaluation mode.
        image: (3, H, W), normalised.
        layer: Of the channel.
        channel: Which.
        picture: As for `gallery`.
    """
    top = mine(network, image[None], [layer], 1)[layer]
    return gallery(network, image[None], layer, top, torch.tensor([channel]), picture=picture)


def small_tiles(gallery: Gallery) -> np.ndarray:
    """Patches and projections as a sheet to point at shows them, (C, 2, k, h, w, 3) uint8."""
    # reduced before it is scaled: a mean over both signs would leave little but grey
    patches = channels_last(_reduced(gallery.patch))
    projections = grey_centred(_reduced(gallery.projection))
    return to_bytes(np.stack([patches, projections], axis=1))


def _reduced(tiles: Tensor) -> Tensor:
    """(C, k, 3, s, s) with s at most SMALL_PX."""
    if tiles.shape[-1] <= SMALL_PX:
        return tiles
    side = (SMALL_PX, SMALL_PX)
    small = functional.interpolate(tiles.flatten(0, 1), side, mode="bilinear", antialias=True)
    return small.unflatten(0, tiles.shape[:2])
