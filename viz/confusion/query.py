"""The question which classes the network takes for which; the evaluation is that of mistakes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from torch import Tensor

from training.evaluate import Evaluation
from viz.confusion.compute import clustered
from viz.mistakes.query import EvaluationQuery
from viz.store.cache import Arrays
from viz.store.lend import Opened
from viz.store.query import Look


@dataclass(frozen=True)
class ConfusionLook(Look):
    """The whole matrix is shown, its classes in one order or the other."""

    order: Literal["clustered", "given"] = "clustered"
    """clustered: what is confused stands side by side; given: as the network counts its classes."""


@dataclass(frozen=True)
class ConfusionQuery(EvaluationQuery):
    """The confusion matrix: which classes the network takes for which.

    What is found is cached in the run and serves the view mistakes, too.

    .npz holds: confusion (K, K), images of class (row) predicted as class (column), and
    class_name (K), images, top1 and top5 (shares of the images).
    """

    view: ClassVar[str] = "confusion"
    look: ClassVar[type[Look]] = ConfusionLook
    in_address: ClassVar[dict[str, str]] = {"order": "classes"}  # that of mistakes is on its page

    def show(self, opened: Opened, answer: Evaluation, look: ConfusionLook) -> ConfusionShown:
        return ConfusionShown(look, opened.run.classes, answer)


@dataclass(frozen=True)
class ConfusionShown:
    """How often each class was predicted as each."""

    look: ConfusionLook
    classes: tuple[str, ...]
    found: Evaluation

    @property
    def confusion(self) -> Tensor:
        """(K, K) images of class (row) predicted as class (column)."""
        return self.found.confusion

    @property
    def order(self) -> list[int]:
        """The classes in the order in which they are drawn."""
        count = len(self.confusion)
        return clustered(self.confusion) if self.look.order == "clustered" else list(range(count))

    def arrays(self) -> Arrays:
        """The matrix, and what its rows and columns stand for."""
        numbers = {name: np.array(getattr(self.found, name)) for name in ("images", "top1", "top5")}
        return {
            "confusion": self.confusion.numpy(),
            "class_name": np.array(self.classes),
            **numbers,
        }


VIEW = ConfusionQuery
