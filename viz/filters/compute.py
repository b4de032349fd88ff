"""What the first filters look for: their weights as small colour pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

import torch
from torch import Tensor

from training.errors import WorkbenchError
from viz.network.spectra import BINS, spectra
from viz.network.weights import healed

Scale = Literal["shared", "each"]
Order = Literal["index", "norm", "frequency", "orientation", "colour"]


@dataclass(frozen=True)
class Filters:
    """First-layer filters as pictures, in the order asked for."""

    tiles: Tensor  # (C, h, w, 3) in [0, 1]
    channel: Tensor  # (C,) int64, the filter's index in the network
    norm: Tensor  # (C,) Euclidean length of its weights
    low: float  # weight drawn as 0; nan where each filter has its own scale
    high: float  # weight drawn as 1
    order: Order = "index"

    def arranged(self, places: Tensor, order: Order) -> Filters:
        """The tiles of these places, in this order: as another network's filters lie."""
        tiles, channel, norm = (each[places] for each in (self.tiles, self.channel, self.norm))
        return replace(self, tiles=tiles, channel=channel, norm=norm, order=order)


@dataclass(frozen=True)
class Film:
    """The same filters epoch after epoch, all on one scale."""

    tiles: Tensor  # (E, C, h, w, 3) in [0, 1]
    epoch: Tensor  # (E,) int64
    high: float  # weight drawn as 1; its negative is drawn as 0
    columns: int | None = None  # tiles of one filter, a row; None where each tile is a filter


def first_layer(
    weight: Tensor,
    *,
    scale: Scale = "shared",
    order: Order = "index",
    high: float | None = None,
) -> Filters:
    """Filters as pictures: a weight of 0 is mid grey, positive is brighter, negative darker.

    Args:
        weight: (C, 3, h, w) of the first convolution.
        scale: `shared` draws the largest weight of all as full colour, so that filters compare;
            `each` stretches every filter from its least to its greatest weight, so that weak
            ones show their pattern, and grey no longer means 0.
        order: See `order_of`.
        high: Weight drawn as full colour on the shared scale, for networks side by side; the
            largest of these if not given.

    Raises:
        WorkbenchError: If the filters have no three colours, or scale or order is unknown.

    Source: Krizhevsky et al. 2012, figure 3.
    """
    norm = healed(weight).flatten(1).norm(dim=1)
    channel = order_of(weight, order)
    weight = _three_colours(weight)
    if scale == "shared":
        full = weight.abs().max().item() if high is None else high
        tiles, low = _symmetric(weight, full), -full
    elif scale == "each":
        tiles, low, full = _stretched(weight), torch.nan, torch.nan
    else:
        raise WorkbenchError(f"Unknown scale {scale!r}. Choose one of: shared, each.")
    return Filters(tiles[channel], channel, norm[channel], low, full, order)


def order_of(weight: Tensor, order: Order) -> Tensor:
    """The filters' numbers (C,) in an order; what is equal stays as in the network.

    Args:
        weight: (C, K, h, w) of the first convolution.
        order: By `index` in the network; by `norm`, longest first; by the mean `frequency` of the
            filter's energy, coarse before fine; by the `orientation` of the strongest peak of its
            spectrum, from vertical edges by level ones and back, blobs without one last; by
            `colour`, the share of its energy that a grey image never meets, most first.

    Raises:
        WorkbenchError: If the order is unknown.
    """
    if order not in get_args(Order):
        known = ", ".join(get_args(Order))
        raise WorkbenchError(f"Unknown order {order!r}. Choose one of: {known}.")
    weight = healed(weight)
    if order == "index":
        return torch.arange(len(weight))
    if order == "norm":
        return weight.flatten(1).norm(dim=1).argsort(descending=True, stable=True)
    found = spectra(weight, 1, bins=max(BINS, 2 * max(weight.shape[2:])))
    if order == "frequency":
        return found.mean_frequency.argsort(stable=True)
    if order == "colour":
        return found.colour.argsort(descending=True, stable=True)
    has_none = found.peak == 0
    return found.orientation.where(~has_none, torch.inf).argsort(stable=True)


def film(weights: Mapping[int, Tensor]) -> Film:
    """The first layer's filters over the epochs; one scale for all, so that growth shows.

    Args:
        weights: Epoch to weight (C, 3, h, w), in the order to be shown.

    Raises:
        WorkbenchError: If there are none, or the filters have no three colours.
    """
    if not weights:
        raise WorkbenchError("A film needs the weights of at least one epoch, got none.")
    frames = torch.stack([_three_colours(weight) for weight in weights.values()])
    high = frames.abs().max().item()
    tiles = torch.stack([_symmetric(frame, high) for frame in frames])
    return Film(tiles, torch.tensor(list(weights)), high)


def _three_colours(weight: Tensor) -> Tensor:
    """The weight (C, 3, h, w) of filters for colours; those for a grey image are grey."""
    if weight.dim() != 4 or weight.shape[1] not in (1, 3):
        raise WorkbenchError(
            f"Filters are drawn in colour and need weights (C, 3, h, w), "
            f"got {tuple(weight.shape)}. Take the first convolution of a network for images."
        )
    return healed(weight).expand(-1, 3, -1, -1)


def _symmetric(weight: Tensor, high: float) -> Tensor:
    """(C, 3, h, w) to tiles (C, h, w, 3): -high to 0, 0 to one half, high to 1."""
    return (0.5 + weight / (2 * high or 1)).clamp(0, 1).permute(0, 2, 3, 1).contiguous()


def _stretched(weight: Tensor) -> Tensor:
    """(C, 3, h, w) to tiles (C, h, w, 3): each from 0 to 1; a flat one stays mid grey."""
    low, high = weight.amin((1, 2, 3), keepdim=True), weight.amax((1, 2, 3), keepdim=True)
    span = high - low
    tiles = ((weight - low) / span).where(span > 0, 0.5)
    return tiles.permute(0, 2, 3, 1).contiguous()
