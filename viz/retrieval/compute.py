"""What looks alike to the network: images whose features lie nearest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from training.errors import WorkbenchError
from training.models import Network
from training.progress import Progress, silent
from viz.network.images import Images, count, in_batches
from viz.network.layers import last_hidden

CHUNK = 4096  # features compared at once; 4096-d ones take 128 MB in double precision


@dataclass(frozen=True)
class Neighbours:
    """The images nearest to a query, nearest first; between equals the lower index first."""

    image: Tensor  # (k,) int64 index into the features
    distance: Tensor  # (k,) Euclidean


@torch.no_grad()
def features(
    network: Network,
    images: Images | Iterable[Tensor],
    layer: str | None = None,
    *,
    progress: Progress = silent,
) -> Tensor:
    """One feature vector for each image.

    Args:
        network: In evaluation mode.
        images: (N, 3, H, W), normalised, or anything that yields such batches.
        layer: The layer whose outputs are the features; maps are flattened to C · h · w. By
            default the last hidden one, fc7 of AlexNet.
        progress: Told (images done, images) where their number is known beforehand.

    Returns:
        (N, D) on the CPU.

    Raises:
        WorkbenchError: If there is no such layer.

    Source: Krizhevsky et al. 2012, section 6.1: the last hidden layer.
    """
    layer = layer or last_hidden(network)
    network.require_layer(layer)
    total, done = count(images), 0
    parts = [torch.empty(0, 0)]  # cat passes over it, and no images give no features
    for batch in in_batches(images):
        batch = batch.to(network.device, memory_format=torch.channels_last)
        output = network.activations(batch, [layer])[layer]
        # contiguous() first: channels_last maps would flatten in an order of their own
        parts.append(output.contiguous().flatten(1).cpu())
        done += len(batch)
        if total is not None:
            progress(done, total)
    return torch.cat(parts[1:] or parts)


def nearest(features: Tensor, query: Tensor, k: int) -> Neighbours:
    """The k features with the smallest Euclidean distance to a query.

    Distances come from differences, not from the faster ‖a‖² + ‖b‖² − 2ab, which loses small
    distances between long vectors: an image is at 0 from itself.

    Args:
        features: (N, D).
        query: (D,).
        k: How many; all where there are fewer.

    Raises:
        WorkbenchError: If the query has another length, or k is less than 1.
    """
    if query.shape != features.shape[1:]:
        raise WorkbenchError(
            f"The query has shape {tuple(query.shape)} but each feature has "
            f"{tuple(features.shape[1:])}. Take both from the same layer of the same network."
        )
    if k < 1:
        raise WorkbenchError(f"At least one neighbour must be asked for, got k={k}.")
    query = query.double()
    squared = [(part.double() - query).square().sum(1) for part in features.split(CHUNK)]
    distance, order = torch.cat(squared).sqrt().sort(stable=True)
    return Neighbours(image=order[:k], distance=distance[:k].to(features.dtype))
