"""Attribution by occlusion: what a class loses while a window covers each spot of an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, product

import torch
from torch import Tensor
from torch.nn import functional

from training.models import Network
from viz.occlusion import Occlusion, occlusion, window_for

BATCH = 128  # covered images in one forward pass


@dataclass(frozen=True)
class Pointed:
    """Where the maps of N images point."""

    maps: Tensor  # (N, H, W), large where the evidence is
    peak: Tensor  # (N, 2) int64, row and column


def covering(network: Network, images: Tensor, labels: Tensor) -> Tensor:
    """What P(class) loses while a pixel is covered: the mean over the windows that cover it.

    Window and stride are those that the Occlusion page starts with.

    Returns:
        (N, H, W), signed: negative where covering helps.

    Source: Zeiler & Fergus 2013, section 4.2; equal to captum's `Occlusion` of the probability.
    """
    window, stride = window_for(images.shape[-1])
    results = [occlusion(network, image, window=window, stride=stride) for image in images]
    return torch.stack(
        [
            loss_map(result, label, *images.shape[2:])
            for result, label in zip(results, labels.tolist(), strict=True)
        ]
    )


def loss_map(result: Occlusion, label: int, height: int, width: int) -> Tensor:
    """The (height, width) map of `covering` from an occlusion; 0 where no window came."""
    losses = result.base[label] - result.probability[..., label]
    return over_pixels(losses[None], result.window, result.stride, (height, width))[0]


def over_pixels(cells: Tensor, window: int, stride: int, size: Sequence[int]) -> Tensor:
    """For each pixel the mean of the cells whose windows cover it; 0 where none does.

    Args:
        cells: (N, rows, cols); (r, c) is of the window from row r · stride, column c · stride on.
        window: Side of the windows, px.
        stride: Between them, px.
        size: Height and width of the image.

    Returns:
        (N, H, W).
    """
    ones = torch.ones(1, 1, window, window, dtype=cells.dtype)
    sums, counts = (
        functional.conv_transpose2d(each[:, None], ones, stride=stride)[:, 0]
        for each in (cells, torch.ones_like(cells[:1]))
    )
    means = sums / counts.clamp(min=1)  # a stride wider than the window leaves gaps
    rows, columns = means.shape[1:]
    return functional.pad(means, (0, size[1] - columns, 0, size[0] - rows))


def by_occlusion(
    network: Network,
    images: Tensor,
    labels: Tensor,
    *,
    window: int | None = None,
    stride: int | None = None,
) -> Pointed:
    """The middle of the window that leaves the class the lowest probability.

    Probabilities are compared as log odds, log(P / (1 − P)). Their order is the same, but a sure
    network's P rounds to 1 wherever the window lies, and the lowest of many ones is nowhere. The
    map holds for each pixel the log odds lost, in the mean over the windows that cover it.

    Args:
        network: In evaluation mode.
        images: (N, 3, H, W), normalised.
        labels: (N,) of their classes.
        window: Side of the grey window, px; as on the Occlusion page if not given.
        stride: Its steps, px; likewise.

    Source: Zeiler & Fergus 2013, section 4.2.
    """
    usual_window, usual_stride = window_for(images.shape[-1])
    window, stride = window or usual_window, stride or usual_stride
    covered = covered_log_odds(network, images, labels, window=window, stride=stride)
    with torch.inference_mode():
        whole = network.outputs.log_odds(network(images.to(network.device)).cpu(), labels)
    lowest, columns = covered.flatten(1).argmin(1), covered.shape[2]
    corner = torch.stack([lowest // columns, lowest % columns], dim=1) * stride
    losses = whole[:, None, None] - covered
    maps = over_pixels(losses, window, stride, images.shape[2:])
    return Pointed(maps, corner + window // 2)


@torch.inference_mode()
def covered_log_odds(
    network: Network, images: Tensor, labels: Tensor, *, window: int, stride: int
) -> Tensor:
    """Log odds of each image's class while a window of the mean colour covers each place.

    Places of all images share the batches; memory holds one of them.

    Returns:
        (N, rows, cols); cell (r, c) hides the window with its top left at (r · stride, c · stride).
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
        scores = network(copies.to(network.device)).cpu()
        found.append(network.outputs.log_odds(scores, labels[which]))
    return torch.cat(found).reshape(len(images), rows, columns)
