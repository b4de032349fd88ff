"""Other preprocessings tried on a network: a wrong one costs many right answers, silently."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

import torch
from torch import Tensor

from training.data.source import IMAGENET_MEAN, IMAGENET_STD
from training.models import Network
from training.preprocess import Preprocess
from training.progress import Progress, silent
from viz.network.images import BATCH_SIZE, Images

Triple = tuple[float, float, float]
OWN = "its own"


@dataclass(frozen=True)
class Way:
    """How colours in [0, 1] become a network's input: (white · colour − mean) / std."""

    name: str
    mean: Triple
    std: Triple
    white: float = 1.0
    exchanged: bool = False  # red and blue
    flags: str = ""  # of `import`, that say so

    def __call__(self, colours: Tensor) -> Tensor:
        """(N, 3, H, W) to the same shape."""
        if self.exchanged:
            colours = colours.flip(1)
        mean, std = (torch.tensor(each)[:, None, None] for each in (self.mean, self.std))
        return (self.white * colours - mean) / std


def _same(value: float) -> Triple:
    return value, value, value


WAYS: tuple[Way, ...] = tuple(
    Way(
        f"{name}{', red and blue exchanged' if exchanged else ''}",
        mean,
        std,
        white,
        exchanged,
        flags,
    )
    for name, mean, std, white, flags in (
        ("ImageNet's mean and deviation", IMAGENET_MEAN, IMAGENET_STD, 1.0, ""),
        ("0 to 1", _same(0.0), _same(1.0), 1.0, "--range 1"),
        ("−1 to 1", _same(0.5), _same(0.5), 1.0, "--range '[-1, 1]'"),
        ("0 to 255", _same(0.0), _same(1.0), 255.0, "--range 255"),
        (
            "0 to 255 less Caffe's means",
            (123.0, 117.0, 104.0),
            _same(1.0),
            255.0,
            "--range 255 --mean '[123, 117, 104]' --std 1",
        ),
    )
    for exchanged in (False, True)
)
"""What trained networks were given, besides what the run says itself."""


@dataclass(frozen=True)
class Tried:
    """How V preprocessings do on the same N images; the run's own comes first."""

    image: Tensor  # (N,) int64 index into the split
    correct: Tensor  # (V, N) bool; nothing where the images' classes are not known
    confidence: Tensor  # (V, N) float32, highest probability


def try_ways(
    network: Network,
    images: Images,
    labels: Tensor | None,
    preprocess: Preprocess,
    *,
    progress: Progress = silent,
) -> Tried:
    """The answers by the run's own preprocessing and by each of `WAYS`.

    Args:
        network: In evaluation mode, of three channels.
        images: (N, 3, H, W), normalised as the run says.
        labels: (N,) int64, or None where they are not known.
        preprocess: The run's.
        progress: Told the images done.
    """
    correct: list[list[Tensor]] = [[] for _ in range(1 + len(WAYS))]
    confidence: list[list[Tensor]] = [[] for _ in correct]
    for first in range(0, len(images), BATCH_SIZE):
        own = images[first : first + BATCH_SIZE]
        colours = preprocess.picture(own)
        for place, seen in enumerate((own, *(way(colours) for way in WAYS))):
            with torch.inference_mode():
                probability = network.probabilities(seen.to(network.device)).float().cpu()
            most, guess = probability.max(1)
            confidence[place].append(most)
            if labels is not None:
                correct[place].append(guess == labels[first : first + BATCH_SIZE])
        progress(first + len(own), len(images))
    right = [torch.cat(each) if each else torch.zeros(0, dtype=torch.bool) for each in correct]
    return Tried(
        torch.arange(len(images)),
        torch.stack(right),
        torch.stack([torch.cat(each) for each in confidence]),
    )


def by_chance(first: Tensor, second: Tensor) -> float:
    """How often two ways equally good would differ as much on the images where they do differ.

    Args:
        first: (N,) bool, right answers.
        second: (N,) bool, of the same images.

    Source: McNemar 1947; exact, by the binomial distribution, two-sided.
    """
    only = int((first & ~second).sum()), int((second & ~first).sum())
    differ = sum(only)
    tail = sum(comb(differ, many) for many in range(min(only) + 1)) / 2**differ
    return min(1.0, 2 * tail)
