"""Which images to start with: classified correctly, not too surely, and hurt by what is covered."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from training.models import Network
from viz.network.images import Images, in_batches

LEAST, MOST = 0.6, 0.97  # probability of the true class: surer answers hardly move
GRID = 4  # windows along a side, without overlap


@torch.inference_mode()
def starting_order(
    network: Network, images: Images, labels: Sequence[int], *, candidates: int = 6
) -> list[int]:
    """Positions of all images, those worth starting with first.

    First comes, of a few images that are classified correctly with a probability of `LEAST` to
    `MOST`, the one whose class loses most where a coarse window covers it; then the other ones of
    that range, others that are classified correctly, and last what the network gets wrong, by the
    probability of the true class. Each class has its turn before one comes again.

    Args:
        network: In evaluation mode.
        images: N of them, normalised.
        labels: Of each image as the network counts its classes, -1 where it has none.
        candidates: Images to cover; each costs 16 images of a forward pass. 0: none is covered.
    """
    known = torch.tensor(labels)
    found = torch.cat([_probabilities(network, batch) for batch in in_batches(images)])
    of_class = found[torch.arange(len(found)), known.clamp(min=0)].where(known >= 0, -1)
    right = (found.argmax(1) == known).tolist()
    share = of_class.tolist()
    by_share = sorted(range(len(share)), key=lambda at: -share[at])
    in_range = [at for at in by_share if right[at] and LEAST <= share[at] <= MOST]
    tried = [in_range[place] for place in spread(len(in_range), candidates)]
    lost = {
        at: share[at] - _least_covered(network, images[at : at + 1], int(known[at])) for at in tried
    }
    order = [
        *sorted(tried, key=lambda at: -lost[at]),
        *in_range,
        *(at for at in by_share if right[at]),
        *by_share,
    ]
    return _by_turns(list(dict.fromkeys(order)), right, known.tolist())


def spread(count: int, wanted: int) -> list[int]:
    """So many numbers below `count`, evenly spread, as far as there are so many."""
    return np.unique(np.linspace(0, count - 1, min(wanted, count)).round().astype(int)).tolist()


def _least_covered(network: Network, image: Tensor, label: int) -> float:
    """A class's lowest probability while each cell of a coarse grid shows the mean colour.

    Args:
        network: In evaluation mode.
        image: (1, C, H, W), normalised.
        label: The class.
    """
    height, width = image.shape[-2:]
    edges = [[side * step // GRID for step in range(GRID + 1)] for side in (height, width)]
    copies = image.repeat(GRID * GRID, 1, 1, 1)
    for place, copy in enumerate(copies):
        (top, bottom), (left, right) = (
            ends[at : at + 2] for ends, at in zip(edges, divmod(place, GRID), strict=True)
        )
        copy[:, top:bottom, left:right] = 0
    return float(_probabilities(network, copies)[:, label].min())


def _by_turns(order: list[int], right: Sequence[bool], labels: Sequence[int]) -> list[int]:
    """The correctly classified ones first, and of these one of each class before any second."""
    seen: dict[int, int] = {}
    turns = {}
    for at in order:
        turns[at] = (not right[at], seen.get(labels[at], 0))
        seen[labels[at]] = seen.get(labels[at], 0) + 1
    return sorted(order, key=turns.__getitem__)


def _probabilities(network: Network, images: Tensor) -> Tensor:
    """(N, K) on the CPU; 0 where weights that are no numbers give none."""
    return network.probabilities(images.to(network.device)).cpu().nan_to_num(0)
