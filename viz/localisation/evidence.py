"""Where the evidence for a class lies, by any method: a map, and the one pixel it points at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice, product

import torch
from torch import Tensor

from training.models import Network
from viz.attribution import MethodName, attribution, over_pixels
from viz.attribution import compute as attributions
from viz.occlusion import square_for

BATCH = 128  # covered images in one forward pass


@dataclass(frozen=True)
class Pointed:
    """Where the maps of N images point."""

    maps: Tensor  # (N, H, W), large where the evidence is
    peak: Tensor  # (N, 2) int64, row and column


def by_attribution(
    network: Network, images: Tensor, labels: Tensor, *, method: MethodName
) -> Pointed:
    """The largest pixel of a method's map."""
    maps = attribution(network, images, labels, method=method)
    flat = maps.flatten(1).argmax(1)
    return Pointed(maps, torch.stack([flat // maps.shape[2], flat % maps.shape[2]], dim=1))


def by_occlusion(
    network: Network,
    images: Tensor,
    labels: Tensor,
    *,
    window: int | None = None,
    stride: int | None = None,
) -> Pointed:
    """The middle of the square that leaves the class the lowest probability.

    Probabilities are compared as log odds, log(P / (1 − P)). Their order is the same, but a sure
    network's P rounds to 1 wherever the square lies, and the lowest of many ones is nowhere. The
    map holds for each pixel the log odds lost, in the mean over the squares that cover it.

    Args:
        network: In evaluation mode.
        images: (N, 3, H, W), normalised.
        labels: (N,) of their classes.
        window: Side of the grey square, px; as on the Occlusion page if not given.
        stride: Its steps, px; likewise.

    Source: Zeiler & Fergus 2013, section 4.2.
    """
    usual_window, usual_stride = square_for(images.shape[-1])
    window, stride = window or usual_window, stride or usual_stride
    covered = covered_log_odds(network, images, labels, window=window, stride=stride)
    with torch.inference_mode():
        whole = log_odds(network(images.to(network.device)).cpu(), labels)
    lowest, columns = covered.flatten(1).argmin(1), covered.shape[2]
    corner = torch.stack([lowest // columns, lowest % columns], dim=1) * stride
    losses = whole[:, None, None] - covered
    maps = over_pixels(losses, window, stride, images.shape[2:])
    return Pointed(maps, corner + window // 2)


METHODS: Mapping[str, Callable[[Network, Tensor, Tensor], Pointed]] = {
    "occlusion": by_occlusion,
    **{
        name: partial(by_attribution, method=name)
        for name in attributions.METHODS
        if name != "occlusion"
    },
}
"""Each takes a network, images (N, 3, H, W) and labels (N,)."""


@torch.inference_mode()
def covered_log_odds(
    network: Network, images: Tensor, labels: Tensor, *, window: int, stride: int
) -> Tensor:
    """Log odds of each image's class while a square of the mean colour covers each place.

    Places of all images share the batches; memory holds one of them.

    Returns:
        (N, rows, cols); cell (r, c) hides the square with its top left at (r · stride, c · stride).
    """
    rows, columns = ((side - window) // stride + 1 for side in images.shape[2:])
    places = product(range(len(images)), range(rows), range(columns))
    found = []
    while batch := list(islice(places, BATCH)):
        which = torch.tensor([image for image, _, _ in batch])
        copies = images[which].contiguous(memory_format=torch.channels_last)
        for copy, (_, row, column) in zip(copies, batch, strict=True):
            top, left = row * stride, column * stride
            copy[:, top : top + window, left : left + window] = 0
        logits = network(copies.to(network.device)).cpu()
        found.append(log_odds(logits, labels[which]))
    return torch.cat(found).reshape(len(images), rows, columns)


def log_odds(logits: Tensor, labels: Tensor) -> Tensor:
    """log(P / (1 − P)) of one class each, (N,), from logits (N, K): no rounding to 0 or 1."""
    own = logits.gather(1, labels[:, None])
    others = logits.scatter(1, labels[:, None], float("-inf"))
    return own[:, 0] - others.logsumexp(1)
