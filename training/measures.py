"""What a comparison counts: one number of each run, or of all runs of a variant together."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

Read = Callable[[pd.DataFrame, float], float]
"""A run's metrics and the recipe's threshold, to a number; nan where there is none."""


@dataclass(frozen=True)
class Measure:
    """One column of a comparison. Less is better in all of them."""

    words: str
    read: Read | None = None  # None: metrics.csv does not tell it
    is_share: bool = True  # of the images, in [0, 1]; else a number of epochs
    of_all_seeds: bool = False  # one number a variant instead of one a run
    views: int = 1  # of each image, averaged

    def say(self, value: float) -> str:
        """38.4 % or 6."""
        if math.isnan(value):
            return "–"
        return f"{100 * value:.2f} %" if self.is_share else f"{value:.3g}"


def _last(error: Callable[[pd.DataFrame], pd.Series]) -> Read:
    return lambda metrics, _threshold: float(error(metrics).iloc[-1])


def _best(error: Callable[[pd.DataFrame], pd.Series]) -> Read:
    return lambda metrics, _threshold: float(error(metrics).min())


def epochs_to(metrics: pd.DataFrame, threshold: float) -> float:
    """The first epoch whose training error is at most the threshold; nan if none is."""
    reached = metrics.epoch[1 - metrics.train_top1 <= threshold]
    return float(reached.iloc[0]) if len(reached) else math.nan


MEASURES: dict[str, Measure] = {
    "top1_error": Measure("top-1 error after the last epoch", _last(lambda m: 1 - m.val_top1)),
    "top5_error": Measure("top-5 error after the last epoch", _last(lambda m: 1 - m.val_top5)),
    "best_top1_error": Measure("lowest top-1 error of all epochs", _best(lambda m: 1 - m.val_top1)),
    "train_error": Measure("training error in the last epoch", _last(lambda m: 1 - m.train_top1)),
    "epochs_to_train_error": Measure("epochs to the training error", epochs_to, is_share=False),
    "class_error": Measure("top-1 error, mean of the classes"),
    "ten_view_error": Measure("top-1 error, mean of ten views", views=10),
    "ten_view_top5_error": Measure("top-5 error, mean of ten views", views=10),
    "ensemble_error": Measure("top-1 error of all seeds together", of_all_seeds=True),
    "ensemble_top5_error": Measure("top-5 error of all seeds together", of_all_seeds=True),
}


def rank(name: str, metrics: pd.DataFrame, threshold: float) -> tuple[float, float]:
    """How good a trial was, less is better: by the measure, then by the last training error.

    A trial is short: it may end before it reaches the threshold, and then what it has learned
    decides. Measures that metrics.csv does not tell give way to the top-1 error.
    """
    read = MEASURES[name].read or MEASURES["top1_error"].read
    assert read is not None
    value = read(metrics, threshold)
    learned = float(1 - metrics.train_top1.iloc[-1])
    return (math.inf if math.isnan(value) else value), (math.inf if learned != learned else learned)
