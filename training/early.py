"""Checkpoints within the first epoch, where the first filters take their shape."""

from __future__ import annotations

from math import floor
from pathlib import Path
from typing import TYPE_CHECKING

from training.checkpoints import checkpoint_path, save_checkpoint
from training.runs import Run

if TYPE_CHECKING:
    from training.learner import Learner


class EarlyCheckpoints:
    """Saves a few of them as they are reached; training goes on as if it did not."""

    def __init__(self, path: Path, count: int) -> None:
        """
        Args:
            path: Run folder.
            count: How many, between epochs 0 and 1: the k-th after (k / (count + 1))² of the epoch,
                as weights move most in the first steps.
        """
        self._path = path
        self._due = [(part / (count + 1)) ** 2 for part in range(1, count + 1)]

    def sweep(self, last: int) -> None:
        """Remove those of an epoch that is begun anew after `last`, the last whole one."""
        for epoch in Run(self._path, {}).early:
            if epoch > last:
                checkpoint_path(self._path, epoch).unlink(missing_ok=True)

    def save(self, seen: float, learner: Learner) -> None:
        """Save the one that is due after the batch with which so many epochs have been seen."""
        if not self._due or seen < self._due[0] or seen >= 1:
            return
        self._due = [epoch for epoch in self._due if epoch > seen]  # several may fall into a batch
        epoch = floor(round(seen * 1000, 3)) / 1000  # below 1
        save_checkpoint(self._path, epoch, learner.network.state_dict())
