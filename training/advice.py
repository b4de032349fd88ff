"""In words: whether a network can still learn, and whether its learning rate is wrong.

The numbers below separate runs that learned from runs that did not, seen in the first epochs of
alexnet-small, cifar4 and their variants at rates from 0.00001 to 1; the tests hold the list. On the
plateau at which these networks begin, weights moved by 0.03 % to 0.35 % of their norm a step where
they learned later, and by 0.58 % or more where they did not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.monitor import Activity, Motion

HIGH = 0.004
"""Share of their norm by which weights move in a step that leads nowhere."""
LOW, REACH = 1e-4, 0.1
"""Share of their norm by which weights move in a step that is too small, and in such a run."""
HEALTHY = 0.002
"""What a lower rate shall bring a step down to."""
FALL = 0.01  # of the loss, which a network that learns has behind it
FIRST_FALL, GIVEN_BACK = 0.1, 0.2  # of the loss, and how much of that a run may lose again
MANY = 0.3  # share of silent units that is worth a word
LEAST_CUT = 0.01  # of the rate, by one advice
LEAST_STEPS = 5  # measured, before anything is said


@dataclass(frozen=True)
class Course:
    """Where a run stands in its first epoch."""

    motion: Motion  # measured so far
    seen: Activity
    losses: Sequence[float]  # of each step so far, in whatever unit the network's loss has
    lr: float  # the rate that the warm-up leads to
    steps: int  # of the whole run

    @property
    def learns(self) -> bool:
        """Whether the loss has fallen by 1 % from the first step to the mean of the last fifth."""
        return self._fifths[-1] < (1 - FALL) * self.losses[0]

    @property
    def lowest(self) -> float | None:
        """What the loss had fallen to where it rises again, in means over fifths; else None.

        It had fallen by a tenth and has lost a fifth of that since.
        """
        fifths = self._fifths
        first, lowest, last = fifths[0], min(fifths), fifths[-1]
        rises = lowest < (1 - FIRST_FALL) * first
        rises = rises and last - lowest > GIVEN_BACK * (first - lowest)
        return lowest if rises else None

    @property
    def _fifths(self) -> list[float]:
        """Mean losses; the last fifth is no shorter than the others."""
        size = max(1, len(self.losses) // 5)
        ends = range(len(self.losses), size - 1, -size)
        return [float(np.mean(self.losses[end - size : end])) for end in ends][::-1]


def advice(course: Course) -> str | None:
    """What to say about the learning rate, or None.

    A network that learns is left alone, whatever its numbers, unless its loss rises again while the
    weights still move fast. Two numbers speak, both medians over the layers, as single ones stand
    out for reasons of their own (a layer that begins very small moves by several percent a step and
    is well): by how much of their norm the weights moved in the last measured steps, and how far
    such steps could carry them in the whole run.
    """
    motion = course.motion
    judged = np.flatnonzero(motion.joins & motion.update.any(axis=0))
    if len(motion.step) < LEAST_STEPS or not len(judged):
        return None
    if course.learns and course.lowest is None:
        return None
    # within the warm-up: what the steps will be when it has ended
    ratio = motion.ratio[:, judged] * (course.lr / motion.lr)[:, None]
    layers = [motion.layers[place] for place in judged]
    recent = ratio[-max(1, len(ratio) // 4) :].mean(axis=0)
    coming = float(np.median(recent))
    if coming > HIGH:
        return _too_high(course, recent, layers)
    if course.lowest is None and coming < LOW and coming * course.steps < REACH:
        return (
            f"The learning rate is too low: the weights change by {percent(coming)} a step, at "
            f"most {percent(coming * course.steps)} in the {course.steps:,} steps of this run. "
            f"Try --lr {_rounded(10 * course.lr)}."
        )
    return None


def _too_high(course: Course, ratios: np.ndarray, layers: Sequence[str]) -> str:
    typical = int(np.argsort(ratios)[len(ratios) // 2])
    cut = max(HEALTHY / float(np.median(ratios)), LEAST_CUT)
    silent = _silent(course.seen)
    lowest = course.lowest
    fate = "does not fall" if lowest is None else f"rises again after it fell to {lowest:.3g}"
    return (
        f"The learning rate is too high: {layers[typical]}'s weights change by "
        f"{percent(ratios[typical])} a step (about {percent(HEALTHY)} is healthy)"
        f"{f', {silent}' if silent else ''} and the loss {fate}. "
        f"Try --lr {_rounded(cut * course.lr)}."
    )


def _silent(seen: Activity) -> str:
    """Of the layer that is worst off, if many of its units are."""
    kinds = ((seen.dead, "units are silent"), (seen.saturated, "outputs are at their limits"))
    for shares, what in kinds:
        layer = max(shares, key=lambda name: shares[name], default="")
        if layer and shares[layer] >= MANY:
            return f"{shares[layer]:.0%} of {layer}'s {what}"
    return ""


def why_dead(loss: float, classes: int, seen: Activity) -> str | None:
    """Why a network will learn nothing more, or None while there is hope.

    A network whose loss stays at that of guessing, ln K, and with a layer whose units are all at
    zero for every image gets no gradient through that layer: it is dead for good.

    Args:
        loss: Its mean training loss, nats.
        classes: K.
        seen: Which of its units are silent.
    """
    if not math.isfinite(loss):
        return "The loss is no longer a number. Try a lower learning rate (--lr)."
    guessing = math.log(classes)
    if loss < 0.99 * guessing:
        return None
    for name, share in seen.dead.items():
        if share == 1:
            return (
                f"The network is dead: its loss is that of guessing ({guessing:.2f} nats) and all "
                f"units of {name} are at zero for every image. Try a lower learning rate (--lr) "
                "or a longer warm-up (--warmup)."
            )
    return None


def percent(share: float) -> str:
    """Two digits: 8.1 %, 0.0012 %."""
    return f"{float(f'{100 * share:.2g}'):.10f}".rstrip("0").rstrip(".") + " %"


def _rounded(lr: float) -> str:
    """One digit, as one writes a rate."""
    return f"{float(f'{lr:.1g}'):g}"
