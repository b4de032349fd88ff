"""What inputs are normalised by: the mean and the deviation of a data set's colours, and whose.

Those of a folder of images are measured on a sample of its training images and kept beside its
decoded pictures. Other data sets have published ones, and ImageNet's can be chosen for any.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import Literal

import numpy as np

from training.atomic import write_text
from training.data.decode import CHUNK, Decoded, decoded
from training.data.source import IMAGENET_MEAN, IMAGENET_STD, Source, Triple
from training.data.store import cache_folder
from training.errors import WorkbenchError
from training.progress import Progress, silent

Statistics = Literal["data", "imagenet"]

SAMPLE = 1_000  # images: the mean of so many photographs is good to a hundredth
SEED = 0  # of their choice
LEAST_STD = 0.01  # inputs are divided by it; images of one colour have none


@dataclass(frozen=True)
class Colours:
    """Of each channel, in [0, 1]."""

    mean: Triple
    std: Triple
    of: str  # whose they are, in words

    def __str__(self) -> str:
        mean, std = (", ".join(f"{one:.3f}" for one in each) for each in (self.mean, self.std))
        return (
            f"Inputs are normalised by mean ({mean}) and deviation ({std}) of {self.of} "
            "(--statistics)."
        )


def colours_of(
    source: Source, size: int, statistics: Statistics = "data", progress: Progress = silent
) -> Colours:
    """The colours to normalise a data set by.

    Args:
        source: The data set.
        size: Side at which its images are stored, px: the deviation depends on it.
        statistics: imagenet for ImageNet's, whatever the data set.
        progress: Told of the images while they are measured for the first time.

    Raises:
        WorkbenchError: If none of the images of the sample can be read.
    """
    if statistics == "imagenet":
        return Colours(IMAGENET_MEAN, IMAGENET_STD, "ImageNet")
    if source.colours_of:
        return Colours(source.mean, source.std, source.colours_of)
    path = cache_folder() / "data" / f"{source.fingerprint}-{size}-colours.json"
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return Colours(_triple(kept["mean"]), _triple(kept["std"]), str(kept["of"]))
    except (OSError, ValueError, LookupError, TypeError):
        pass  # not measured yet
    measured = _measured(source, size, progress)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, json.dumps(asdict(measured)))
    except OSError:
        pass  # storing the images will say so
    return measured


def _measured(source: Source, size: int, progress: Progress) -> Colours:
    items = source.open("train")
    count = len(items.labels)
    chosen = np.arange(count)
    if count > SAMPLE:
        chosen = np.sort(np.random.default_rng(SEED).choice(count, SAMPLE, replace=False))
    sample = replace(
        items,
        labels=items.labels[chosen],
        names=[items.names[index] for index in chosen.tolist()],
        load=lambda index: items.load(int(chosen[index])),
        masks=None,
        boxes=None,
    )
    images, sums, squares = 0, np.zeros(3), np.zeros(3)  # of bytes: whole numbers, exact
    for done, outcome in enumerate(decoded(sample, size), start=1):
        if isinstance(outcome, Decoded):
            pixels = outcome.pixels.reshape(-1, 3).astype(np.float64)
            images += 1
            sums += pixels.sum(0)
            squares += np.square(pixels).sum(0)
        if done % CHUNK == 0 or done == len(chosen):
            progress(done, len(chosen))
    if not images:
        raise WorkbenchError(
            f"None of {len(chosen):,} training images of {source.spec} can be read."
        )
    mean = sums / (images * size**2)
    std = np.sqrt(np.maximum(squares / (images * size**2) - mean**2, 0)) / 255
    sampled = "a sample of " if images < source.train_images else ""
    return Colours(
        _triple((mean / 255).round(6).tolist()),
        _triple(std.round(6).clip(LEAST_STD).tolist()),
        f"{sampled}its {images:,} training images",
    )


def _triple(numbers: list[float]) -> Triple:
    red, green, blue = (float(number) for number in numbers)
    return red, green, blue
