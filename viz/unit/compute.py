"""What a layer's channels are like: how often they fire, for which classes, and which are alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from training.errors import WorkbenchError
from training.models import Network
from training.progress import Progress, silent
from viz.network.images import Images, in_batches
from viz.network.patches import boxes, cut
from viz.top_patches.compute import TopPatches

BINS = 40


@dataclass(frozen=True)
class Profiles:
    """Of a layer's C channels; an image counts with its strongest unit."""

    edge: Tensor  # (C, B + 1) of the bins, from 0 to the strongest response
    images: Tensor  # (C, B) int64, images by their response; those at 0 or below are left out
    active: Tensor  # (C,) share of the images with a response above 0
    by_class: Tensor  # (C, K) mean response to the images of a class, at least 0; nan without any
    likeness: Tensor  # (C, C) correlation of the responses over the images; 0 where one is constant

    def preferred(self, channel: int, count: int) -> list[int]:
        """The classes that excite a channel most, best first."""
        means = self.by_class[channel].nan_to_num(-1)
        order = means.argsort(descending=True, stable=True)
        return order[means[order] > 0][:count].tolist()

    def similar(self, channel: int, count: int) -> list[int]:
        """The other channels that fire for the same images, the most alike first."""
        likeness = self.likeness[channel].clone()
        likeness[channel] = -2
        order = likeness.argsort(descending=True, stable=True)
        return order[likeness[order] > 0][:count].tolist()


@torch.no_grad()
def profiles(
    network: Network,
    images: Images,
    labels: np.ndarray,
    layer: str,
    highest: Tensor,
    *,
    num_classes: int,
    bins: int = BINS,
    progress: Progress = silent,
) -> Profiles:
    """One pass over the images; what is held in memory does not grow with them.

    Args:
        network: In evaluation mode.
        images: Normalised, N of them.
        labels: (N,) of their classes.
        layer: Whose channels.
        highest: (C,) the strongest response of each channel to these images, as mining found it.
        num_classes: K.
        bins: B.
        progress: Told (images seen, images).

    Raises:
        WorkbenchError: If there is no such layer or no image.
    """
    network.require_layer(layer)
    if not len(images):
        raise WorkbenchError("There is no image to see the responses to.")
    channels, top = len(highest), highest.nan_to_num(0, 0, 0).clamp(min=0).double()
    counts = torch.zeros(channels, bins, dtype=torch.int64)
    per_class = torch.zeros(channels, num_classes, dtype=torch.float64)
    seen, total = 0, torch.zeros(channels, dtype=torch.float64)
    products = torch.zeros(channels, channels, dtype=torch.float64)
    for batch in in_batches(images):
        maps = network.activations(batch.to(network.device), [layer])[layer]
        strongest = maps.flatten(2).amax(2) if maps.dim() == 4 else maps
        response = strongest.double().cpu().nan_to_num(0).clamp(min=0).T  # (C, n)
        own = torch.from_numpy(labels[seen : seen + len(batch)])
        per_class.index_add_(1, own, response)
        total += response.sum(1)
        products += response @ response.T
        place = (response * (bins / top.clamp(min=1e-30))[:, None]).long().clamp(max=bins - 1)
        counts.scatter_add_(1, place, (response > 0).long())
        seen += len(batch)
        progress(seen, len(images))
    sizes = torch.bincount(torch.from_numpy(labels), minlength=num_classes)
    mean = total / seen
    covariance = products / seen - mean[:, None] * mean
    deviation = covariance.diagonal().clamp(min=0).sqrt()
    scale = deviation[:, None] * deviation
    return Profiles(
        edge=top[:, None] * torch.linspace(0, 1, bins + 1, dtype=torch.float64),
        images=counts,
        active=counts.sum(1) / seen,
        by_class=torch.where(sizes > 0, per_class / sizes.clamp(min=1), torch.nan),
        likeness=torch.where(scale > 1e-12, covariance / scale, 0.0).clamp(-1, 1),
    )


def best_patches(
    plan: Network,
    images: Images,
    layer: str,
    top: TopPatches,
    channels: Sequence[int],
    *,
    picture: Callable[[Tensor], Tensor],
) -> Tensor:
    """What excites each of some channels most, (C, 3, s, s) in [0, 1]; grey where nothing does.

    Args:
        plan: The network; on the meta device is enough.
        images: That were mined, normalised.
        layer: That was mined.
        top: What was found there.
        channels: Wanted.
        picture: Normalised images back to colours in [0, 1]; `Preprocess.picture`.
    """
    wanted = torch.tensor(list(channels), dtype=torch.int64)
    image, row, col = (table[wanted, 0] for table in (top.image, top.row, top.col))
    squares = boxes(plan, layer, row, col)
    patches = cut(picture(images[image.clamp(min=0)]).cpu(), squares)
    patches[image < 0] = 0.5
    return patches
