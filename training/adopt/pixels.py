"""How somebody else's network wants its pixels: what is said of them, and what it does itself.

Mean and deviation are those of the network's own channels, in its own order and range: Caffe's are
`--range 255 --channels bgr --mean "[104, 117, 123]" --std 1`. All of it, and the network's own
first steps, come to one affine map of a picture's red, green and blue.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Literal, get_args

import numpy as np

from training.adopt.input_steps import InputSteps
from training.channels import Channels, Mix, share_of
from training.errors import WorkbenchError
from training.preprocess import Preprocess

Order = Literal["rgb", "bgr", "grey"]
Numbers = float | Sequence[float]
LEAST = 1e-4  # share of the range that a deviation has at least: pixels are divided by it
NOTHING = 1e-6  # share of the largest: what is left of a grey picture must be more
COLOURS = ("red", "green", "blue")
LONGEST = 2  # steps of the source that a sentence names


@dataclass(frozen=True)
class Said:
    """What whoever imports a network says of its pixels."""

    mean: Numbers | None = None
    """What was subtracted from each channel, in units of the range."""
    std: Numbers | None = None
    """What each channel was divided by, likewise."""
    range: str | Numbers | None = None
    """Pixels before that: 1 or 0..1, 255 or 0..255, -1..1 and so on."""
    channels: Order | None = None
    """rgb, bgr or grey."""

    def __post_init__(self) -> None:
        if self.channels not in (None, *get_args(Order)):
            raise WorkbenchError(f"--channels is rgb, bgr or grey, got {self.channels!r}.")
        _ = self.limits

    @property
    def count(self) -> int | None:
        """Channels of the images that the network is said to take, where that is clear."""
        return 3 if self.channels in ("rgb", "bgr") else None

    @property
    def limits(self) -> tuple[float, float]:
        """The values of black and of white."""
        if self.range is None:
            return 0.0, 1.0
        found = [float(text) for text in re.findall(r"-?\d+(?:\.\d+)?", str(self.range))]
        low, high = found if len(found) == 2 else (0.0, found[0] if len(found) == 1 else 0.0)
        if not low < high:
            raise WorkbenchError(
                "--range is the value of white, or those of black and white: 1, 255, "
                f"'[-1, 1]'; got {self.range!r}."
            )
        return low, high

    @property
    def is_silent(self) -> bool:
        """Whether nothing is said of scale and shift."""
        return self.mean is None and self.std is None and self.range is None


@dataclass(frozen=True)
class Pixels:
    """How pictures become a network's input."""

    preprocess: Preprocess
    places: tuple[int, ...] | None
    """Where red, green and blue lie among the network's channels, if not in this order."""
    told: tuple[str, ...]  # in sentences


def pixels_for(
    said: Said,
    steps: InputSteps,
    *,
    size: int,
    resize: int,
    usual: tuple[Sequence[float], Sequence[float]],
    is_known: bool = False,
) -> Pixels:
    """The preprocessing that gives a network what its author gave it.

    Args:
        said: By whoever imports it.
        steps: What the network does itself.
        size: Side of its input, px.
        resize: Side at which images are stored, px.
        usual: Mean and deviation of red, green and blue in [0, 1] where nothing is said.
        is_known: Whether that is known of the weights, rather than assumed.

    Raises:
        WorkbenchError: If what is said is out of range, or no picture can be given back.
    """
    count = steps.scale.shape[1]
    grey = said.channels == "grey" or count == 1
    (low, high), mean, std, told = _scaling(said, steps, count, usual, is_known=is_known)
    source = (
        np.ones((count, 1)) if grey else np.eye(3)[::-1] if said.channels == "bgr" else np.eye(3)
    )
    scale = steps.scale @ np.diag((high - low) / std) @ source
    offset = steps.scale @ ((low - mean) / std) + steps.offset
    sums = scale.sum(1)
    if np.abs(sums).min() <= NOTHING * np.abs(scale).max():
        raise WorkbenchError(
            "Before its first layer the network takes differences of colours, of which no picture "
            f"can be shown{_where(steps)}. Make that its first layer, a convolution of 1×1."
        )
    mix: Mix = tuple(map(tuple, (scale / sums[:, None]).round(9).tolist()))
    is_plain = mix == tuple(map(tuple, np.eye(len(mix)).tolist()))
    is_order = not grey and sorted(mix) == sorted(map(tuple, np.eye(3).tolist()))
    places = None
    if is_order and not is_plain:
        places = tuple(np.argmax(np.array(mix), axis=0).tolist())
    preprocess = Preprocess(
        size,
        resize,
        _rounded(-offset / sums),
        _rounded(1 / sums),
        channels="grey" if grey else "rgb",
        mix=None if is_plain else mix,
    )
    words = (*told, *_of_steps(steps), *_of_channels(preprocess, places))
    return Pixels(preprocess, places, words)


def _rounded(numbers: np.ndarray) -> tuple[float, ...]:
    """What float32 tells apart, as a person would write it."""
    return tuple(float(f"{number:.7g}") for number in numbers)


def _scaling(
    said: Said,
    steps: InputSteps,
    count: int,
    usual: tuple[Sequence[float], Sequence[float]],
    *,
    is_known: bool,
) -> tuple[tuple[float, float], np.ndarray, np.ndarray, list[str]]:
    """Range, mean and deviation of the images a network is given, and what was assumed of them."""
    none, one = np.zeros(count), np.ones(count)
    if said.is_silent and steps.normalises:
        high = 255.0 if _expects_bytes(steps) else 1.0
        return (0.0, high), none, one, [_assumed(f"pixels from 0 to {high:g}, as it normalises")]
    if said.range is not None:
        mean, std = none, one
    else:
        channels: Channels = "grey" if count == 1 else "rgb"
        mean, std = (share_of(np.array(each), channels) for each in usual)
    told = []
    if said.is_silent and not is_known:
        told = [
            _assumed(f"ImageNet's, a mean of {_listed(mean)} and a deviation of {_listed(std)}")
        ]
    elif said.range is None and (said.mean is None) != (said.std is None):
        missing, value = ("mean", mean) if said.mean is None else ("std", std)
        told = [f"No --{missing} was given: ImageNet's is assumed, {_listed(value)}."]
    low, high = said.limits
    mean = mean if said.mean is None else _numbers("mean", said.mean, count, low, high)
    least = LEAST * (high - low)
    std = std if said.std is None else _numbers("std", said.std, count, least, high - low)
    return (low, high), mean, std, told


def _expects_bytes(steps: InputSteps) -> bool:
    """Whether what is subtracted, or divided by, is too much for pixels from 0 to 1."""
    sums = np.abs(steps.scale.sum(1))
    return bool((np.maximum(1, np.abs(steps.offset)) > 2 * sums).any())


def _numbers(name: str, given: Numbers, count: int, least: float, most: float) -> np.ndarray:
    """One for each channel; one alone is that of all."""
    numbers = list(given) if isinstance(given, Sequence) else [given]
    numbers = numbers * count if len(numbers) == 1 else numbers
    if len(numbers) == count and all(isfinite(n) and least <= n <= most for n in numbers):
        return np.array(numbers, dtype=float)
    each = "red, green and blue" if count == 3 else "its one channel"
    larger = (
        " Those of pixels up to 255 go with --range 255." if max(numbers, default=0) > 1 else ""
    )
    raise WorkbenchError(
        f"--{name} is a number from {least:g} to {most:g} for each of {each}, got "
        f"{numbers}.{larger}"
    )


def _assumed(what: str) -> str:
    return (
        f"Neither --mean, --std nor --range says how its pixels were scaled: assumed is {what}. "
        "Give them if that is wrong; --range 1 or --range 255 alone is for pixels as they are."
    )


def _of_steps(steps: InputSteps) -> Iterator[str]:
    if steps.result is not None:
        yield (
            f"It prepares its images itself before its first layer{_where(steps)}: that is part of "
            "the preprocessing now."
        )


def _of_channels(preprocess: Preprocess, places: Sequence[int] | None) -> Iterator[str]:
    if preprocess.channels == "grey":
        thrice = ", and given to it three times" if len(preprocess.mean) == 3 else ""
        yield (
            'Pictures are turned grey as by Pillow\'s convert("L"), 0.299 red + 0.587 green + '
            f"0.114 blue{thrice}."
        )
    elif places is not None:
        first, second, last = (COLOURS[row.index(1.0)] for row in preprocess.mix or ())
        yield f"It takes {first}, {second} and {last}, in this order."
    elif preprocess.mix is not None:
        rows = dict.fromkeys(_sum_of(row) for row in preprocess.mix)
        yield f"What it takes of a picture: {'; '.join(rows)}."


def _sum_of(row: Sequence[float]) -> str:
    parts = zip(row, COLOURS, strict=True)
    return " + ".join(name if part == 1 else f"{part:.3g} {name}" for part, name in parts if part)


def _where(steps: InputSteps) -> str:
    more = len(steps.lines) - LONGEST
    said = "; ".join(steps.lines[:LONGEST]) + (f"; {more} more" if more > 0 else "")
    return f" ({said})" if said else ""


def _listed(numbers: np.ndarray) -> str:
    return ", ".join(f"{number:.3g}" for number in numbers)
