"""From which epoch on a network overfits its training images."""

from __future__ import annotations

import pandas as pd

PATIENCE = 3  # epochs after the best that have to be worse
RISE = 0.01  # share of the lowest loss: less is the noise of a finished schedule


def overfits_after(metrics: pd.DataFrame, patience: int = PATIENCE) -> int | None:
    """The epoch of the lowest validation loss, if training went on at its cost.

    That is: at least `patience` epochs follow, each of the last so many has a validation loss
    more than 1 % above the lowest, and the training loss has gone on falling.

    Args:
        metrics: A row an epoch, with the columns of a run's metrics.csv.
        patience: See above.

    Returns:
        Its number; None while the network does not overfit.
    """
    known = metrics.dropna(subset=["val_loss", "train_loss"])
    if len(known) <= patience:
        return None
    place = int(known["val_loss"].to_numpy().argmin())
    best, later = known.iloc[place], known.iloc[place + 1 :]
    last = later.tail(patience)
    if len(later) < patience:
        return None
    has_risen = (last["val_loss"] > (1 + RISE) * best["val_loss"]).all()
    still_learns = last["train_loss"].iloc[-1] < best["train_loss"]
    return int(best["epoch"]) if has_risen and still_learns else None
