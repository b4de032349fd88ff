"""The question how one number of a first-layer map comes about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from training.progress import Progress
from viz.by_hand.compute import After, ByHand, unit_by_hand, what_follows
from viz.store.cache import Arrays
from viz.store.lend import Opened
from viz.store.query import FIRST_IMAGE, ImageSource, Look, Query


@dataclass(frozen=True)
class Sum:
    """A unit of the first layer as a sum, and what the next layers make of it."""

    unit: ByHand
    after: tuple[After, ...]


@dataclass(frozen=True)
class ByHandQuery(Query[Sum]):
    """How one number of a first-layer map comes about: patch times kernel, plane by plane.

    .npz holds: patch, kernel and product (K, h, w), sums (K) of each plane's products, bias, total,
    which is what the unit says, layer, and of the F layers after it after_layer, after_value and
    after_words (F), and notes, sentences on what is seen beyond the picture and in between.
    """

    image: ImageSource = FIRST_IMAGE
    """A picture file, or the number of a validation image; photo.jpg@0 is its left or upper
    square, @100 the right or lower one."""
    channel: int = 0
    """Of the unit."""
    row: int = 0
    """Of the unit in its map."""
    col: int = 0
    """Of the unit in its map."""

    view: ClassVar[str] = "by-hand"
    answer_type: ClassVar[type] = Sum
    cached: ClassVar[bool] = False
    message: ClassVar[str] = "Working out the unit"
    in_address: ClassVar[dict[str, str]] = {"row": "unit", "col": "unit"}

    def compute(self, opened: Opened, progress: Progress) -> Sum:
        del progress
        where = opened.network, opened.pixels(self.image), self.channel, self.row, self.col
        return Sum(unit_by_hand(*where), tuple(what_follows(*where)))

    def show(self, opened: Opened, answer: Sum, look: Look) -> ByHandShown:
        layer = opened.plan.convolutions[0]
        unit = f"channel {self.channel}, unit ({self.row}, {self.col})"
        return ByHandShown(look, layer, f"{layer}, {unit} of epoch {opened.epoch}", answer)


@dataclass(frozen=True)
class ByHandShown:
    """The board: which unit it is, and its sum."""

    look: Look
    layer: str
    title: str
    sum: Sum

    def arrays(self) -> Arrays:
        """The numbers on the board."""
        unit, after = self.sum.unit, self.sum.after
        return {
            "patch": unit.patch.numpy(),
            "kernel": unit.kernel.numpy(),
            "product": unit.product.numpy(),
            "sums": unit.sums.numpy(),
            "bias": np.array(unit.bias),
            "total": np.array(unit.total),
            "layer": np.array(self.layer),
            "notes": np.array(unit.notes, dtype=np.str_),
            "after_layer": np.array([one.layer for one in after], dtype=np.str_),
            "after_value": np.array([one.value for one in after], dtype=float),
            "after_words": np.array([one.words for one in after], dtype=np.str_),
        }


VIEW = ByHandQuery
