"""Stored pixels to batches: in order to look at them, shuffled and jittered to learn from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from training.preprocess import Preprocess

if TYPE_CHECKING:
    from training.data import Split


def batches(
    split: Split,
    preprocess: Preprocess,
    *,
    batch_size: int = 128,
    start: int = 0,
    device: torch.device | str = "cpu",
) -> Iterator[Tensor]:
    """The images of a split in order, each once, as (N, 3, size, size).

    Args:
        split: Where the images are.
        preprocess: The run's preprocessing.
        batch_size: Images in each batch but the last.
        start: Index of the first image, to go on where an earlier pass stopped.
        device: Where the batches are wanted.
    """
    for first in range(start, len(split.labels), batch_size):
        yield preprocess.from_uint8(split.images[first : first + batch_size], device)


def shuffled_batches(
    split: Split,
    preprocess: Preprocess,
    *,
    batch_size: int,
    crop_padding: int,
    flip: bool,
    generator: np.random.Generator,
    device: torch.device | str = "cpu",
) -> Iterator[tuple[Tensor, Tensor]]:
    """One epoch of training batches: images (N, 3, size, size) and labels (N,).

    Each image is cut at a random place out of the stored one and mirrored half of the time
    (Krizhevsky et al. 2012, section 4.1). A last batch with fewer than half of its images is left
    out: its noisy step would count as much as a whole one.

    Args:
        split: Where the images are.
        preprocess: The run's preprocessing.
        batch_size: Images in a batch.
        crop_padding: Border of the mean colour, in px, that widens the choice of places; needed
            where images are stored no larger than the network's input.
        flip: Whether to mirror.
        generator: Decides order, places and mirroring.
        device: Where the batches are wanted.
    """
    order = generator.permutation(len(split.labels))
    for first in range(0, len(order), batch_size):
        chosen = np.sort(order[first : first + batch_size])  # sorted: reads the file forwards
        if first and len(chosen) < batch_size / 2:
            return
        pixels = _jitter(split.images[chosen], preprocess, crop_padding, flip, generator)
        labels = torch.from_numpy(split.labels[chosen])
        yield preprocess.normalise(pixels, device), labels.to(device)


def _jitter(
    pixels: np.ndarray,
    preprocess: Preprocess,
    padding: int,
    flip: bool,
    generator: np.random.Generator,
) -> np.ndarray:
    """Random size × size cuts of (N, S, S, 3), some of them mirrored."""
    count, side = pixels.shape[:2]
    size = preprocess.size
    if padding:
        grey = np.round(np.array(preprocess.mean) * 255).astype(np.uint8)
        canvas = np.empty((count, side + 2 * padding, side + 2 * padding, 3), np.uint8)
        canvas[:] = grey
        canvas[:, padding:-padding, padding:-padding] = pixels
        pixels = canvas
    tops, lefts = generator.integers(0, pixels.shape[1] - size + 1, (2, count))
    mirrored = np.less(generator.random(count), 0.5 if flip else 0.0)
    cuts = np.empty((count, size, size, 3), np.uint8)
    for cut, image, top, left, mirror in zip(cuts, pixels, tops, lefts, mirrored, strict=True):
        window = image[top : top + size, left : left + size]
        cut[:] = window[:, ::-1] if mirror else window
    return cuts
