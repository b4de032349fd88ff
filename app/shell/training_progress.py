"""How far a run in training is, and how long it still takes."""

from __future__ import annotations

from dataclasses import dataclass

from app.shell.first_visit import usual_time
from app.shell.words import time_left
from training.runs import Run
from training.status import RUNNING, Status

KNOWN_AT = 0.25  # of the first epoch: what its first batches say of the speed changes too much


@dataclass(frozen=True)
class TrainingProgress:
    """Where a run stands."""

    status: Status
    newest: int  # epoch with a checkpoint; -1 before there is one
    epochs: int  # in all
    share: float  # of the whole run, in [0, 1]
    seconds_left: float | None
    usual: str = ""  # how long such a run takes, in words, until it is known how long it takes here

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
        share = min(done / epochs, 1.0) if epochs else 1.0
        return cls(status, newest, epochs, share, left, usual_time(run.name))

    @property
    def words(self) -> str:
        """Epoch 3 of 12 · 40 s left."""
        left = self.usual if self.seconds_left is None else time_left(self.seconds_left)
        return f"{self.status.message or 'Training'}{f' · {left}' if left else ''}"


def _seconds_left(run: Run, status: Status, epochs_left: float, now: float) -> float | None:
    """At the mean speed of the last epochs, or of this one where it is the first.

    The first of all counts only as long as it is alone: it includes what is done once.
    """
    seconds = run.metrics()["seconds"]
    if len(seconds):
        return float(seconds.iloc[min(len(seconds) - 1, 1) :].tail(3).mean()) * epochs_left
    if now < KNOWN_AT or status.done <= status.skipped:
        return None
    per_image = (status.updated - status.started) / (status.done - status.skipped)
    return per_image * status.total * epochs_left
