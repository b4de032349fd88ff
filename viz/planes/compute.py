"""Filters of deeper layers: a kernel has a plane for each channel below it, too many for a colour.

Zeiler & Fergus 2013, section 1: above the first layer weights cannot be read as pictures, which is
why projections are needed. What can be seen is which channels below a filter adds up, and how.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from training.errors import WorkbenchError
from training.models import Network
from viz.network.layers import source_of
from viz.network.weights import healed


@dataclass(frozen=True)
class Planes:
    """Of some channels the planes that weigh most, heaviest first."""

    planes: Tensor  # (C, P, h, w) weights
    channel: Tensor  # (C,) int64
    source: Tensor  # (C, P) int64, the channel below that a plane looks at
    share: Tensor  # (C, P) of the filter's energy, the sum of its squared weights, in [0, 1]
    of: int  # planes that each filter has


def heaviest_planes(
    weight: Tensor, channels: Sequence[int], *, count: int = 12, groups: int = 1
) -> Planes:
    """The planes of some filters with the largest sum of squared weights.

    Args:
        weight: (N, K, h, w) of a convolution; what is no number counts as 0.
        channels: Whose filters to look at.
        count: Planes of each, at most.
        groups: Of the convolution: each group of filters sees its own K channels, as in the
            two towers of Krizhevsky et al. 2012.

    Raises:
        WorkbenchError: If these are no weights of maps, or no plane is asked for.
    """
    if count < 1:
        raise WorkbenchError(f"Ask for at least one plane of each filter, got {count}.")
    if weight.dim() != 4:
        raise WorkbenchError(
            f"Planes are drawn of a convolution's weights (N, K, h, w), got {tuple(weight.shape)}."
        )
    of = weight.shape[1]
    chosen = torch.tensor(list(channels), dtype=torch.int64)
    filters = healed(weight)[chosen]
    energy = filters.double().square().sum((2, 3))  # (C, K)
    order = energy.argsort(dim=1, descending=True, stable=True)[:, :count]
    rows = torch.arange(len(chosen))[:, None]
    total = energy.sum(1, keepdim=True)
    share = (energy / total.where(total > 0, 1.0)).gather(1, order)
    first = chosen // (len(weight) // groups) * of  # of the channels that its group sees
    return Planes(filters[rows, order], chosen, first[:, None] + order, share, of)


def same_planes(weight: Tensor, found: Planes) -> Tensor:
    """(C, P, h, w): the planes that were found, in other weights of the same layer."""
    return healed(weight)[found.channel[:, None], found.source % found.of]


def with_planes(network: Network) -> list[str]:
    """The convolutions above the first; a network on the meta device is enough to know."""
    deeper = network.convolutions[1:]
    return [name for name in deeper if isinstance(network.layers[name], nn.Conv2d)]


def below(network: Network, layer: str) -> str:
    """The layer whose channels a convolution's planes look at."""
    return source_of(network, network.inputs[layer][0])
