"""How far a run in training is, and how long it still takes."""

from __future__ import annotations

from dataclasses import dataclass

from app.shell.words import time_left
from training.runs import Run
from training.status import RUNNING, Status


@dataclass(frozen=True)
class TrainingProgress:
    """Where a run stands."""

    status: Status
    newest: int  # epoch with a checkpoint; -1 before there is one
    epochs: int  # in all
    share: float  # of the whole run, in [0, 1]
    seconds_left: float | None

    @classmethod
    def of(cls, run: Run) -> TrainingProgress:
        """Read from the run folder: a glance at two small files and a list of names."""
        status = run.status()
        saved = run.epochs
        newest = saved[-1] if saved else -1
        epochs = int((run.info.training or {}).get("epochs", max(newest, 0)))
        now = 0.0
        if status.state == RUNNING and status.message.startswith("Epoch") and status.total:
            now = status.done / status.total
        done = max(newest, 0) + now
        left = None
        if status.state == RUNNING:
            left = _seconds_left(run, status, epochs - done, now)
        return cls(status, newest, epochs, min(done / epochs, 1.0) if epochs else 1.0, left)

    @property
    def words(self) -> str:
        """Epoch 3 of 12 · 40 s left."""
        left = f" · {time_left(self.seconds_left)}" if self.seconds_left is not None else ""
        return f"{self.status.message or 'Training'}{left}"


def _seconds_left(run: Run, status: Status, epochs_left: float, now: float) -> float | None:
    """At the mean speed of the last epochs, or of this one where it is the first."""
    seconds = run.metrics()["seconds"].tail(3)
    if len(seconds):
        return float(seconds.mean()) * epochs_left
    elapsed = status.updated - status.started
    return elapsed / now * epochs_left if now > 0.1 else None
