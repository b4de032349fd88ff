"""Many images on their way through a network: held in memory or read from a split as needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor

if TYPE_CHECKING:
    from training.data import Split
    from training.preprocess import Preprocess

BATCH_SIZE = 64  # AlexNet's conv1 of so many images takes 70 MB


@dataclass(frozen=True)
class SplitImages:
    """A split as the network sees it, counted and indexed like a tensor (N, 3, H, W).

    Only what is asked for is read and normalised.
    """

    split: Split
    preprocess: Preprocess

    def __len__(self) -> int:
        return len(self.split.labels)

    def __getitem__(self, which: slice | Tensor) -> Tensor:
        """(n, 3, H, W), normalised, of a slice or of indices (n,)."""
        rows = which if isinstance(which, slice) else which.numpy()
        return self.preprocess.from_uint8(self.split.images[rows])


def spread_over_classes(split: Split, count: int) -> list[int]:
    """Indices of the first image of each of so many classes, evenly spread over all of them."""
    present = np.unique(split.labels)
    spread = np.linspace(0, len(present) - 1, min(count, len(present))).round().astype(int)
    firsts = [int(np.argmax(split.labels == label)) for label in present[spread]]
    others = [i for i in range(min(count, len(split.labels))) if i not in firsts]
    return (firsts + others)[: min(count, len(split.labels))]


Images = Tensor | SplitImages
"""Images that can be counted and fetched by index."""


def in_batches(images: Images | Iterable[Tensor]) -> Iterator[Tensor]:
    """Batches (n, 3, H, W) in order; what already comes in batches is passed on as it is."""
    if not isinstance(images, Tensor | SplitImages):
        yield from images
        return
    for first in range(0, len(images), BATCH_SIZE):
        yield images[first : first + BATCH_SIZE]


def count(images: Images | Iterable[Tensor]) -> int | None:
    """How many images there are, where that is known beforehand."""
    return len(images) if isinstance(images, Tensor | SplitImages) else None
