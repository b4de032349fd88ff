"""Watching a run while it trains: what is measured, written, logged and said about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from training.advice import Course, advice
from training.atomic import write_text
from training.data.batches import batch_count, batches
from training.layer_table import append_rows, rows_of
from training.logs import Log, open_log
from training.monitor import Activity, Gauge, activity
from training.runs import ADVICE, LAYERS

if TYPE_CHECKING:
    from training.config import FitConfig
    from training.data import Data
    from training.learner import Learner
    from training.loop import Step
    from training.preprocess import Preprocess

ADVISED_AT = (0.25, 0.5)  # shares of the first epoch; and at its end


class Watch:
    """Follows the epochs of a run and warns once, in the first, of a wrong learning rate.

    Everything it does leaves the weights, their gradients and all chance as they are.
    """

    def __init__(
        self,
        path: Path,
        config: FitConfig,
        learner: Learner,
        data: Data,
        preprocess: Preprocess,
        *,
        first: int,
        writes: bool = True,
        on_advice: Callable[[str], None] = lambda _: None,
    ) -> None:
        """
        Args:
            path: Run folder.
            config: Of the run.
            learner: What trains.
            data: What it trains on.
            preprocess: The run's preprocessing.
            first: The first epoch to come.
            writes: Whether it may write and speak; of several processes, one does.
            on_advice: Told what is said about the learning rate, if anything is.
        """
        self._path, self._config, self._learner = path, config, learner
        self._data, self._preprocess, self._writes = data, preprocess, writes
        self._on_advice = on_advice
        self._steps = batch_count(len(data.train.labels), config.batch_size)
        self._log: Log = open_log(config.log if writes else "none", path, (first - 1) * self._steps)
        self.gauge = Gauge(learner.trained, self._steps)
        self._advises = False
        self._losses: list[float] = []
        self._waiting: list[float] = []

    def begin(self, epoch: int) -> None:
        """A new epoch; `gauge` measures its steps."""
        self.gauge = Gauge(self._learner.trained, self._steps)
        self._advises = epoch == 1 and self._writes
        self._waiting = list(ADVISED_AT)

    def step(self, step: Step) -> None:
        """After each batch: look at the network if it is time to."""
        if not self._advises:
            return
        self._losses.append(step.loss)
        if self._waiting and step.images >= self._waiting[0] * step.total:
            self._waiting.pop(0)
            network = self._learner.trained.eval()
            self._advise(self.activity())
            network.train()

    def activity(self) -> Activity:
        """Which units are silent for the first validation images; the network is in eval mode."""
        network = self._learner.trained
        images = next(batches(self._data.val, self._preprocess, device=network.device))
        return activity(network, images)

    def end(self, row: Mapping[str, float], seen: Activity) -> None:
        """After an epoch, before it is counted.

        Args:
            row: Its line of metrics.csv.
            seen: Which units are silent now.
        """
        if not self._writes:
            return
        if self._advises:
            self._advise(seen)
        epoch, motion = int(row["epoch"]), self.gauge.motion()
        order = list(self._learner.trained.layers)
        append_rows(self._path / LAYERS, rows_of(epoch, order, motion, seen))
        self._log.write(row, motion, seen, before=(epoch - 1) * self._steps, steps=self._steps)

    def _advise(self, seen: Activity) -> None:
        steps = self._steps * self._config.epochs
        course = Course(self.gauge.motion(), seen, self._losses, self._config.rate, steps)
        said = advice(course)
        if said is None:
            return
        self._advises = False  # once is enough
        write_text(self._path / ADVICE, said + "\n")
        self._on_advice(said)
