"""What the numbers of a diagnosis say, in plain words, worst first.

A threshold says when a number is worth a word. They are ours, not the paper's: it only looked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from viz.diagnosis.compute import MID, Diagnosis
from viz.drawing.words import percent

ALIASED = 0.1  # share of the filters' energy beyond what the stride carries
DEAD, NEAR_DEAD, ALIKE = 0.02, 0.1, 0.1  # shares of a layer's channels
RARE = 0.01  # of the images: a channel that fires in fewer is near dead
CORRELATED = 0.95
SHAPELESS = 0.5  # of a filter's energy that no Gabor function explains, in the median
GAP = 0.15  # share of the filters that should be of middling frequency
CHECKERED = 0.2  # of the maps' fine detail; white noise has a third
WARMUP = 3.0  # epochs
MOVED = 0.15  # of the answers that change when the image moves by one pixel
NAMED = 16  # channels that a finding names
Change = Mapping[str, Any]
"""Settings of `fit` by name; `options` of the network, whose lists may be shorter than its own."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or looks so."""

    kind: str  # aliasing, dead, near-dead, alike, shapeless, gap, checkered or shifts
    layer: str
    value: float  # a share, in [0, 1]
    threshold: float  # above it, or below it for a gap, the number is worth a word
    words: str
    channels: tuple[int, ...] = ()  # concerned, the worst first
    change: Change | None = None  # what to train to see whether it mends it

    @property
    def weight(self) -> float:
        """How far the number is from its threshold; more is worse."""
        if self.kind == "gap":
            return self.threshold / max(self.value, 0.01)
        return self.value / self.threshold


def findings(diagnosis: Diagnosis) -> list[Finding]:
    """What the numbers say, worst first."""
    found = [*_of_filters(diagnosis), *_of_layers(diagnosis), *_of_shifts(diagnosis)]
    return sorted(found, key=lambda one: one.weight, reverse=True)


def _of_filters(diagnosis: Diagnosis) -> Iterator[Finding]:
    layer, seen = diagnosis.layer, diagnosis.spectra
    share = seen.aliased_energy
    if share > ALIASED and diagnosis.stride > 1:
        by_share = (seen.aliased * seen.energy).argsort(descending=True, stable=True)
        yield Finding(
            "aliasing",
            layer,
            share,
            ALIASED,
            f"{percent(share, 0)} of the filters' energy lies above the Nyquist limit of a stride "
            f"of {diagnosis.stride} px ({seen.limit:.3g} cycles a pixel): aliasing, patterns that "
            f"are not in the image. {_smaller(diagnosis)}",
            tuple(by_share[:NAMED].tolist()),
            finer(diagnosis),
        )
    residual = float(diagnosis.gabors.residual.median())
    if residual > SHAPELESS:
        worst = diagnosis.gabors.residual.argsort(descending=True, stable=True)
        yield Finding(
            "shapeless",
            layer,
            residual,
            SHAPELESS,
            f"Half of the filters are less than {percent(1 - residual, 0)} Gabor function: they "
            "look like noise. Train longer, begin with smaller weights (conv1_std), or take fewer "
            "filters.",
            tuple(worst[:NAMED].tolist()),
            {"options": {"widths": [max(len(seen.energy) // 2, 1)]}},
        )
    coarse, middle, fine = diagnosis.bands()
    if middle < GAP and coarse > GAP and fine > GAP:
        low, high = (1 / frequency for frequency in reversed(MID))
        yield Finding(
            "gap",
            layer,
            middle,
            GAP,
            f"Only {percent(middle, 0)} of the filters look for detail of {low:.0f} to {high:.0f} "
            f"px; {percent(coarse, 0)} look for coarser and {percent(fine, 0)} for finer things. "
            f"{_smaller(diagnosis)}",
            change=finer(diagnosis),
        )


def finer(diagnosis: Diagnosis) -> Change | None:
    """The first layer as Zeiler & Fergus changed it, or at half the stride; None at stride 1."""
    kernel, stride = diagnosis.kernel, diagnosis.stride
    if stride > 2 or kernel > 7:
        kernel, stride = 7, 2
    elif stride > 1:
        stride = 1
    else:
        return None
    return {"options": {"kernels": [kernel], "strides": [stride], "paddings": [kernel // 2]}}


def _smaller(diagnosis: Diagnosis) -> str:
    """What to compare with."""
    kernel, stride = diagnosis.kernel, diagnosis.stride
    if stride > 2 or kernel > 7:
        return f"Compare 7×7 at stride 2 with these {kernel}×{kernel} at stride {stride}."
    return f"Compare a stride of 1 with this of {stride}." if stride > 1 else ""


def _of_layers(diagnosis: Diagnosis) -> Iterator[Finding]:
    counts = [len(seen.active) for seen in diagnosis.responses]
    for place, (layer, seen) in enumerate(zip(diagnosis.layers, diagnosis.responses, strict=True)):
        count = counts[place]
        dead, near = seen.dead(), seen.near_dead(RARE)
        if len(dead) > DEAD * count:
            yield Finding(
                "dead",
                layer,
                len(dead) / count,
                DEAD,
                f"{len(dead)} of {count} channels are above zero in no image. A lower learning "
                "rate or a longer warm-up keeps them alive.",
                tuple(dead),
                {"warmup": WARMUP},
            )
        if len(near) > NEAR_DEAD * count:
            yield Finding(
                "near-dead",
                layer,
                len(near) / count,
                NEAR_DEAD,
                f"{len(near)} of {count} channels are above zero in less than {percent(RARE, 0)} "
                "of the images.",
                tuple(near),
                {"warmup": WARMUP},
            )
        pairs = seen.duplicates(CORRELATED)
        alike = list(
            dict.fromkeys(channel for first, second, _ in pairs for channel in (first, second))
        )
        if len(alike) > ALIKE * count:
            yield Finding(
                "alike",
                layer,
                len(alike) / count,
                ALIKE,
                f"{len(alike)} of {count} channels say nearly the same as another (correlated by "
                f"{CORRELATED} or more). Fewer would do.",
                tuple(alike),
                {"options": {"widths": [*counts[:place], max(count // 2, 1)]}},
            )
    for layer, seen in list(zip(diagnosis.layers, diagnosis.responses, strict=True))[:2]:
        share = float(seen.checkerboard[seen.deviation > 0].mean()) if seen.deviation.any() else 0.0
        if share > CHECKERED:
            worst = seen.checkerboard.argsort(descending=True, stable=True)
            yield Finding(
                "checkered",
                layer,
                share,
                CHECKERED,
                f"{percent(share, 0)} of the fine detail of its maps is a checkerboard (a third in "
                "white noise), which aliasing makes: neighbouring units see different things, as "
                "the stride is too large for what they look for.",
                tuple(worst[:NAMED].tolist()),
                finer(diagnosis),
            )


def _of_shifts(diagnosis: Diagnosis) -> Iterator[Finding]:
    changed = 1 - float(diagnosis.shifts.agreement[0])
    if changed > MOVED:
        yield Finding(
            "shifts",
            "the answer",
            changed,
            MOVED,
            f"When the image moves by one pixel, {percent(changed, 0)} of the top "
            "predictions change.",
            change=finer(diagnosis),
        )
