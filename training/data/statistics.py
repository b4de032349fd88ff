"""What a training set looks like on average: its mean image and how its colours vary.

Sums of bytes are whole numbers, and in double precision exact as far as any data set goes, so
these do not depend on the order in which images are read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.progress import Progress, silent

if TYPE_CHECKING:
    from training.data import Split

CHUNK = 256  # images in memory at once
SAMPLE = 10_000  # images that are enough for a covariance: millions of pixels


def mean_image(split: Split, progress: Progress = silent) -> np.ndarray:
    """The mean of all images, (S, S, 3) float32 in [0, 1], in one pass over the file.

    Source: Krizhevsky et al. 2012, section 2: the mean activity over the training set.
    """
    count = len(split.labels)
    total = np.zeros(split.images.shape[1:])
    for first in range(0, count, CHUNK):
        total += split.images[first : first + CHUNK].sum(0, dtype=np.uint32)
        progress(min(first + CHUNK, count), count)
    return (total / (255 * count)).astype(np.float32)


def colour_covariance(split: Split, *, sample: int = SAMPLE, seed: int = 0) -> np.ndarray:
    """How red, green and blue vary together over all pixels, (3, 3), for values in [0, 1].

    Args:
        split: Where the images are.
        sample: Images looked at; of a larger split, so many drawn at random.
        seed: Decides which.
    """
    count = len(split.labels)
    chosen = np.arange(count)
    if count > sample:
        chosen = np.sort(np.random.default_rng(seed).choice(count, sample, replace=False))
    pixels, sums, products = 0, np.zeros(3), np.zeros((3, 3))
    for first in range(0, len(chosen), CHUNK):
        colours = split.images[chosen[first : first + CHUNK]].reshape(-1, 3).astype(np.float64)
        pixels += len(colours)
        sums += colours.sum(0)
        products += colours.T @ colours
    mean = sums / pixels
    return (products / pixels - np.outer(mean, mean)) / 255**2
