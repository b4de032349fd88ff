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

LARGEST_PX = 96  # at most, of the tiles of a sheet to point at
PIXEL_FOR_PIXEL = 54  # px up to which they are not resampled


@dataclass(frozen=True)
class Gallery:
    """Patches and projections of some channels' strongest units, best first.

    s is the side of the layer's receptive field, or of the image for fully connected layers.
    """

    patch: Tensor  # (C, k, 3, s, s) colours in [0, 1]; mid grey outside of the image
    projection: Tensor  # (C, k, 3, s, s) signed; 0 outside of the image
    inside: Tensor | None = None  # (C, k, 4) top, left, bottom, right of what lies in the image
    most: int | None = None  # of a side that can lie in an image, px; all of it if not given


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
    inside = _inside(squares, image, network.image_size)
    side = min(patch.shape[-1], network.image_size)
    patch, projection, inside = (each.unflatten(0, (-1, k)) for each in (patch, projection, inside))
    return Gallery(patch, projection, inside, side)


def _inside(squares: Tensor, image: Tensor, side: int) -> Tensor:
    """(N, 4) what of each square lies in its image, in the square's own pixels."""
    corner = squares[:, :2].repeat(1, 2)
    inside = squares.clamp(0, side) - corner
    whole = squares - corner
    return inside.where(image[:, None] >= 0, whole)


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


def small_tiles(gallery: Gallery, largest: int = LARGEST_PX) -> np.ndarray:
    """Patches and projections as a sheet shows them, (C, 2, k, t, t, 4) uint8.

    Of each only what lies in its image, in the middle of its tile; the rest is transparent. Small
    patches are shown pixel for pixel, those of more than `PIXEL_FOR_PIXEL` are scaled until they
    fill the tile.

    Args:
        gallery: To be shown.
        largest: Side that t does not exceed.
    """
    channels, k = gallery.patch.shape[:2]
    size = gallery.patch.shape[-1]
    side = min(size if gallery.most is None else gallery.most, largest)
    inside = gallery.inside
    if inside is None:
        whole = torch.tensor([0, 0, *gallery.patch.shape[-2:]])
        inside = whole.expand(channels, k, 4)
    tiles = np.zeros((channels, 2, k, side, side, 4), np.uint8)
    for channel, place in np.ndindex(channels, k):
        top, left, bottom, right = inside[channel, place].tolist()
        for kind, pictures in enumerate((gallery.patch, gallery.projection)):
            seen = pictures[channel, place, :, top:bottom, left:right]
            if size > min(PIXEL_FOR_PIXEL, largest):
                # reduced before it is scaled: a mean over both signs would leave little but grey
                seen = _scaled(seen, side)
            drawn = grey_centred(seen) if kind else channels_last(seen)
            tall, wide = drawn.shape[:2]
            down, aside = (side - tall) // 2, (side - wide) // 2
            tile = tiles[channel, kind, place, down : down + tall, aside : aside + wide]
            tile[..., :3], tile[..., 3] = to_bytes(drawn), 255
    return tiles


def _scaled(picture: Tensor, side: int) -> Tensor:
    """(3, h, w) with its longer side as asked for."""
    high, wide = picture.shape[-2:]
    by = side / max(high, wide)
    size = max(1, round(high * by)), max(1, round(wide * by))
    return functional.interpolate(picture[None], size, mode="bilinear", antialias=True)[0]
