"""The question whether projections do what they say."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, ClassVar

import numpy as np
import torch

from training.errors import WorkbenchError
from training.progress import Progress
from viz.self_check import compute as self_checks
from viz.self_check.compute import SelfCheck
from viz.store.cache import Arrays
from viz.store.lend import Opened
from viz.store.query import Look, Query


@dataclass(frozen=True)
class SelfCheckQuery(Query[SelfCheck]):
    """Compare projections with unpooling, rectifying and transposed filtering written out.

    Prints the result, which is cached in the run; fails where they differ by more than rounding.
    .npz holds: layers, whose projections were compared, and the largest differences over a
    picture's largest value: deviation, named, of units named at corners and edges, gradient, and
    by_hand, of units worked out by hand. Also uncovered, the layers whose way back is autograd's.
    """

    view: ClassVar[str] = "self-check"
    version: ClassVar[int] = 2  # 2: units named at corners and edges, by every rule, and by hand
    answer_type: ClassVar[type] = SelfCheck
    has_figure: ClassVar[bool] = False
    message: ClassVar[str] = "Comparing projections"

    def identity(self, opened: Opened) -> dict[str, Any]:
        """It is about the code, too: other versions are another question."""
        return {
            **super().identity(opened),
            "layers": self_checks.MOST_LAYERS,
            "filterscope": version("filterscope"),
            "torch": torch.__version__,
        }

    def compute(self, opened: Opened, progress: Progress) -> SelfCheck:
        return self_checks.self_check(opened.network, progress=progress)

    def encode(self, answer: SelfCheck) -> Arrays:
        return arrays_of(answer)

    def show(self, _opened: Opened, answer: SelfCheck, look: Look) -> SelfCheckShown:
        return SelfCheckShown(look, answer)


@dataclass(frozen=True)
class SelfCheckShown:
    """Whether projections equal the explicit computation."""

    look: Look
    found: SelfCheck

    def arrays(self) -> Arrays:
        """What was compared, and by how much it differs."""
        return arrays_of(self.found)

    def words(self) -> str:
        """The result in a sentence or two.

        Raises:
            WorkbenchError: If projections differ, so that the command fails.
        """
        if not self.found.passed:
            raise WorkbenchError(self.found.words)
        return self.found.words


def arrays_of(found: SelfCheck) -> Arrays:
    """By the names of its fields; no layers at all are words, too."""
    return {
        "layers": np.array(found.layers, dtype=str),
        "deviation": np.array(found.deviation),
        "gradient": np.array(found.gradient),
        "named": np.array(found.named),
        "by_hand": np.array(found.by_hand),
        "uncovered": np.array(found.uncovered, dtype=str),
    }


VIEW = SelfCheckQuery
