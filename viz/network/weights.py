"""Weights of convolutions as they are drawn: broken ones healed, one scale for all epochs."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from torch import Tensor

from training.runs import Run


def healed(weight: Tensor) -> Tensor:
    """The weight as float32 on the CPU, zero where it is not a number."""
    # one broken weight must not grey out all the others
    return weight.detach().float().cpu().nan_to_num(0.0, 0.0, 0.0)


def largest_weight(weights: Iterable[Tensor]) -> float:
    """What full colour stands for where the filters of several networks share a scale."""
    return max(healed(weight).abs().max().item() for weight in weights)


def full_colour(run: Run, layer: str) -> float:
    """The largest weight of a layer over all epochs, so that growth shows.

    The layer's weights alone are read of each checkpoint, and once as long as none changes. Epochs
    that are damaged do not count.
    """
    sound = run.sound(run.epochs)
    return _largest(str(run.path), layer, tuple(sound.digests.items()))


@lru_cache(maxsize=64)
def _largest(path: str, layer: str, epochs: tuple[tuple[int, str], ...]) -> float:
    run = Run.open(path)
    return largest_weight(run.weight(epoch, f"{layer}.weight") for epoch, _digest in epochs)
