"""The strongest units seen: the patch before each, and beside it what the deconvnet says it saw."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from training.errors import WorkbenchError
from training.models import Network
from viz.deconvnet import CHUNK, project
from viz.network.images import Images
from viz.network.patches import boxes, cut
from viz.top_patches.compute import TopPatches, mine


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
