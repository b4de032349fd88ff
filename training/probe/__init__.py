"""What a layer's features are worth: linear classifiers on them, as in the papers' protocols."""

from training.probe.linear import LOSSES, Linear, LossName, fit_linear
from training.probe.pooling import POOLINGS, PoolingName, pooled
from training.probe.protocol import (
    Draw,
    accuracy_by_class,
    choose_c,
    draws,
    held_out,
    most_per_class,
)

__all__ = [
    "LOSSES",
    "POOLINGS",
    "Draw",
    "Linear",
    "LossName",
    "PoolingName",
    "accuracy_by_class",
    "choose_c",
    "draws",
    "fit_linear",
    "held_out",
    "most_per_class",
    "pooled",
]
