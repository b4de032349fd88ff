"""The question what the first filters look for, and how they are looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor

from training.progress import Progress
from viz.filters.compute import Filters, Order, first_layer
from viz.network.weights import full_colour
from viz.store.cache import Arrays
from viz.store.lend import Opened
from viz.store.query import Look, Query

FilterScale = Literal["epochs", "shared", "each"]


@dataclass(frozen=True)
class FiltersLook(Look):
    """How the filters are drawn."""

    order: Order = "index"
    """By number (index), strongest first (norm), coarse before fine (frequency), by the direction
    of their gratings (orientation), or coloured before grey (colour)."""
    scale: FilterScale = "epochs"
    """One scale for the kernels of all epochs (epochs) or of this one (shared), on which mid grey
    is zero, or each kernel its own (each)."""


@dataclass(frozen=True)
class FirstWeight:
    """What the first convolution has learned."""

    layer: str
    weight: Tensor  # (C, 3, h, w), or (C, 1, h, w) of a network for grey images


@dataclass(frozen=True)
class FiltersQuery(Query[FirstWeight]):
    """Kernels of the first layer as RGB tiles.

    .npz holds: weight (C, 3, h, w), the weights themselves, channel (C), whose they are, norm (C),
    layer, and drawn (C, h, w, 3), the tiles: 0 stands for the weight low and 1 for the weight high,
    which are NaN where each kernel has its own scale. All lie in the order asked for. Compared with
    another run: also second_weight and so on, drawn on the same scale, and, where shapes agree and
    the scale is one, difference (C, 3, h, w), second - first, in weights, and difference_drawn.
    """

    view: ClassVar[str] = "filters"
    answer_type: ClassVar[type] = FirstWeight
    cached: ClassVar[bool] = False
    look: ClassVar[type[Look]] = FiltersLook
    message: ClassVar[str] = "Reading the filters"

    def compute(self, opened: Opened, _progress: Progress) -> FirstWeight:
        layer = opened.plan.convolutions[0]
        return FirstWeight(layer, opened.run.weight(opened.epoch, f"{layer}.weight"))

    def over(self, opened: Opened, look: Any = None) -> Sequence[int]:
        """For the scale."""
        return opened.run.epochs if look is not None and look.scale == "epochs" else ()

    def show(self, opened: Opened, answer: FirstWeight, look: FiltersLook) -> FiltersShown:
        layer, weight = answer.layer, answer.weight
        full = full_colour(opened.run, layer) if look.scale == "epochs" else None
        filters = drawn_as(weight, look, full)
        return FiltersShown(look, opened.run.name, opened.epoch, layer, weight, filters, full)


def drawn_as(weight: Tensor, look: FiltersLook, full: float | None) -> Filters:
    """The weight (C, 3, h, w) as tiles; `full` is the largest one of all epochs or networks."""
    if look.scale == "each":
        return first_layer(weight, scale="each", order=look.order)
    return first_layer(weight, order=look.order, high=full)


@dataclass(frozen=True)
class FiltersShown:
    """The first filters of a network, in the order and on the scale asked for."""

    look: FiltersLook
    run: str
    epoch: int
    layer: str
    weight: Tensor  # (C, 3 or 1, h, w) by number
    filters: Filters
    full: float | None  # the largest weight of all epochs, where it is the scale

    def arrays(self) -> Arrays:
        """Weights, whose they are, and the tiles as drawn."""
        return {"layer": np.array(self.layer), **arrays_of(self.weight, self.filters)}


def arrays_of(weight: Tensor, filters: Filters) -> Arrays:
    """The weights (C, 3, h, w) in the order drawn, and how they are drawn."""
    return {
        "weight": weight[filters.channel].float().numpy(),
        "channel": filters.channel.numpy(),
        "norm": filters.norm.numpy(),
        "drawn": filters.tiles.numpy(),
        "low": torch.tensor(filters.low).numpy(),
        "high": torch.tensor(filters.high).numpy(),
    }


VIEW = FiltersQuery
