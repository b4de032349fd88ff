"""Stored pixels to batches: in order to look at them, shuffled and jittered to learn from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from training.augment import Augmentation
from training.preprocess import Preprocess

if TYPE_CHECKING:
    from training.data import Split


def batches(
    split: Split,
    preprocess: Preprocess,
    *,
    batch_size: int = 128,
    start: int = 0,
    stop: int | None = None,
    device: torch.device | str = "cpu",
) -> Iterator[Tensor]:
    """The images of a split in order, each once, as (N, 3, size, size).

    Args:
        split: Where the images are.
        preprocess: The run's preprocessing.
        batch_size: Images in each batch but the last.
        start: Index of the first image, to go on where an earlier pass stopped.
        stop: Index after the last image; all by default.
        device: Where the batches are wanted.
    """
    stop = len(split.labels) if stop is None else stop
    for first in range(start, stop, batch_size):
        rows = slice(first, min(first + batch_size, stop))
        yield preprocess.from_uint8(split.images[rows], device)


def chosen(
    split: Split, preprocess: Preprocess, rows: Tensor, *, batch_size: int = 128
) -> Iterator[Tensor]:
    """Some images of a split, as (N, 3, size, size).

    Args:
        split: Where the images are.
        preprocess: The run's preprocessing.
        rows: (n,) int64, which.
        batch_size: Images in each batch but the last.
    """
    for some in rows.split(batch_size):
        yield preprocess.from_uint8(split.images[some.numpy()])


def shuffled_batches(
    split: Split,
    preprocess: Preprocess,
    augmentation: Augmentation,
    *,
    batch_size: int,
    generator: np.random.Generator,
    rank: int = 0,
    ranks: int = 1,
    device: torch.device | str = "cpu",
) -> Iterator[tuple[Tensor, Tensor]]:
    """One epoch of training batches: images (N, 3, size, size) and labels (N,).

    A last batch with fewer than half of its images is left out: its noisy step would count as
    much as a whole one. So is one of a single image, which batch normalisation cannot take.

    Several processes may share every batch: each draws what happens to all of it from the same
    generator, then reads and makes only its own part. Put together, the parts are what a single
    process would see; a part may be empty.

    Args:
        split: Where the images are.
        preprocess: The run's preprocessing.
        augmentation: How the images are varied.
        batch_size: Images in a batch, over all processes.
        generator: Decides the order and all that happens to the images.
        rank: Which part of each batch is wanted, from 0.
        ranks: How many parts there are.
        device: Where the batches are wanted.
    """
    order = generator.permutation(len(split.labels))
    side = split.images.shape[1]
    for first in range(0, len(order), batch_size):
        chosen = np.sort(order[first : first + batch_size])  # sorted: reads the file forwards
        if first and not _is_taken(len(chosen), batch_size):
            return
        chances = augmentation.draw(len(chosen), preprocess, side, generator)
        own = share(len(chosen), rank, ranks)
        pixels, labels = split.images[chosen[own]], torch.from_numpy(split.labels[chosen[own]])
        yield augmentation.apply(pixels, chances[own], preprocess, device), labels.to(device)


def batch_count(images: int, batch_size: int) -> int:
    """How many batches `shuffled_batches` makes of so many images."""
    whole, rest = divmod(images, batch_size)
    return whole + (not whole or _is_taken(rest, batch_size))


def _is_taken(rest: int, batch_size: int) -> bool:
    return rest >= batch_size / 2 and (rest > 1 or batch_size == 1)


def share(count: int, rank: int, ranks: int) -> slice:
    """The contiguous part of `count` things that falls to one of several processes."""
    return slice(count * rank // ranks, count * (rank + 1) // ranks)
