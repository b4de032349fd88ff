"""The question what a network is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from training.progress import Progress
from training.runs import Run
from viz.architecture.compute import LayerRow, arrays_of, describe
from viz.store.cache import Arrays
from viz.store.lend import Opened
from viz.store.query import Look, Query

Rows = tuple[LayerRow, ...]


@dataclass(frozen=True)
class ArchitectureQuery(Query[Rows]):
    """The network as blocks in proportion to its maps.

    .npz holds, for each of L layers in forward order: name, kind, what it does in words, output
    (L, 3), its maps and their height and width, 1 after fully connected layers, parameters and
    macs, multiply-accumulates for an image (L), and of the square of input behind a unit its side
    receptive_field, stride and start (L), in px, NaN where every unit sees the whole image.
    """

    epoch: int | None = None
    """Plays no part: no weights are looked at."""

    view: ClassVar[str] = "architecture"
    answer_type: ClassVar[type] = tuple
    cached: ClassVar[bool] = False
    of_weights: ClassVar[bool] = False
    message: ClassVar[str] = "Describing the network"

    def compute(self, opened: Opened, _progress: Progress) -> Rows:
        return tuple(describe(opened.plan))

    def show(self, opened: Opened, answer: Rows, look: Look) -> ArchitectureShown:
        return ArchitectureShown(look, called(opened.run), answer)


def called(run: Run) -> str:
    """The network's name; of an adopted one, what its author calls it."""
    name: str = run.info.network_name
    return name


@dataclass(frozen=True)
class ArchitectureShown:
    """A network, layer by layer."""

    look: Look
    name: str  # of the network
    rows: Rows

    def arrays(self) -> Arrays:
        """The table's columns."""
        return arrays_of(self.rows)


VIEW = ArchitectureQuery
