"""The question how a run went, epoch by epoch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import pandas as pd

from training.errors import WorkbenchError
from training.progress import Progress
from viz.curves.compute import arrays_of
from viz.store.cache import Arrays
from viz.store.lend import Opened
from viz.store.query import Look, Query


@dataclass(frozen=True)
class Tables:
    """What a run wrote while it trained."""

    metrics: pd.DataFrame  # a row an epoch, with the columns of metrics.csv
    layers: pd.DataFrame  # a row an epoch and layer, with the columns of layers.csv


@dataclass(frozen=True)
class CurvesQuery(Query[Tables]):
    """Loss and error by epoch, or what training does to each layer.

    .npz holds, for the run: the columns of metrics.csv, one number an epoch. For its layers:
    layer (L,), epoch (E,), and the other columns of layers.csv as (E, L), NaN where a layer has
    no such number.
    """

    epoch: int | None = None
    """Plays no part: the curves are of all epochs."""
    of: Literal["run", "layers"] = "run"
    """run for loss and error; layers for update ratios, dead units, norms, rate and speed."""

    view: ClassVar[str] = "curves"
    answer_type: ClassVar[type] = Tables
    cached: ClassVar[bool] = False
    of_weights: ClassVar[bool] = False
    message: ClassVar[str] = "Reading the curves"

    def compute(self, opened: Opened, _progress: Progress) -> Tables:
        """The run's tables.

        Raises:
            WorkbenchError: If there are none yet.
        """
        run = opened.run
        found = Tables(run.metrics(), run.layers())
        if found.metrics.empty:
            raise WorkbenchError(f"{run.name} has no epoch yet. Wait for the first, or train on.")
        if self.of == "layers" and found.layers.empty:
            raise WorkbenchError(
                f"{run.name} has no layers.csv: it was trained before layers were tracked. Train "
                "it anew, or leave out --of."
            )
        return found

    def notices(self, opened: Opened, _look: Any) -> tuple[str, ...]:
        bad = opened.run.bad_lines()
        if not bad:
            return ()
        lines = f"line{'s' * (len(bad) > 1)} {', '.join(map(str, bad[:6]))}"
        return (f"{lines.capitalize()} of metrics.csv cannot be read and are left out.",)

    def said(self, opened: Opened) -> dict[str, Any]:
        """How far the run had come."""
        return {"trained": len(opened.run.metrics())}

    def show(self, _opened: Opened, answer: Tables, look: Look) -> CurvesShown:
        return CurvesShown(look, self.of, answer.metrics, answer.layers)


@dataclass(frozen=True)
class CurvesShown:
    """A run's tables, and which of them are drawn."""

    look: Look
    of: Literal["run", "layers"]
    metrics: pd.DataFrame
    layers: pd.DataFrame

    def arrays(self) -> Arrays:
        """The columns of the one table or of the other."""
        if self.of == "layers":
            return arrays_of(self.layers)
        return {str(name): self.metrics[name].to_numpy() for name in self.metrics}


VIEW = CurvesQuery
