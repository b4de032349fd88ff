"""The learning rate at any moment: a function of the settings, the moment and the errors so far.

Nothing here has a state, so nothing has to be saved for a run to be resumed.
"""

import math
from collections.abc import Sequence

from training.config import FitConfig


def learning_rate(config: FitConfig, position: float, errors: Sequence[float]) -> float:
    """The rate of one step.

    Args:
        config: Rate, warm-up, schedule, patience and number of epochs.
        position: Epochs done so far, with the fraction of the present one.
        errors: Validation error after each whole epoch so far.
    """
    if position < config.warmup:
        return config.rate * position / config.warmup
    if config.schedule == "plateau":
        return config.rate / 10 ** plateaus(errors, config.patience)
    progress = (position - config.warmup) / max(config.epochs - config.warmup, 1e-9)
    return config.rate * (1 + math.cos(math.pi * min(progress, 1.0))) / 2


def plateaus(errors: Sequence[float], patience: int) -> int:
    """How often the error has stopped falling: `patience` epochs in a row without a new best."""
    best, waited, found = math.inf, 0, 0
    for error in errors:
        if error < best:
            best, waited = error, 0
        else:
            waited += 1
        if waited >= patience:
            found, waited = found + 1, 0
    return found
