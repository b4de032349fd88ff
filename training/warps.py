"""Affine maps from the pixels of a network's input to places on a larger picture.

A warp is (N, 2, 3): with (x, y) the offset of an input pixel from the input's centre, warp · (x,
y, 1) is the offset from the picture's centre at which the colour is found. Lengths are pixels.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

LONGEST = 4 / 3  # aspect ratio of a resized crop, and 1 / LONGEST


def boxes_at(tops: np.ndarray, lefts: np.ndarray, size: int) -> np.ndarray:
    """Square boxes (N, 4): top, left, height, width."""
    sides = np.full(len(tops), size)
    return np.stack([tops, lefts, sides, sides], axis=1).astype(float)


def random_boxes(
    count: int, side: int, minimum_area: float, generator: np.random.Generator
) -> np.ndarray:
    """Boxes inside of a square picture, (N, 4): top, left, height, width, fractions of a pixel too.

    Areas are spread evenly from `minimum_area` to 1 of the picture's, the logarithm of the aspect
    ratio from 3/4 to 4/3 as far as the box then fits, places evenly over all there are.

    Source: Szegedy et al. 2015, section 6, with a minimum area of 0.08.
    """
    areas = generator.uniform(minimum_area, 1, count)
    widest = np.minimum(math.log(LONGEST), -np.log(areas))
    ratios = np.exp(widest * generator.uniform(-1, 1, count))
    heights, widths = np.sqrt(areas / ratios), np.sqrt(areas * ratios)
    tops, lefts = generator.uniform(0, 1, (2, count)) * (1 - np.stack([heights, widths]))
    return side * np.stack([tops, lefts, heights, widths], axis=1)


def warp_to(boxes: np.ndarray, side: int, size: int) -> np.ndarray:
    """Warps that show boxes of a picture of `side` px in an input of `size` px."""
    top, left, height, width = boxes.T
    warps = np.zeros((len(boxes), 2, 3))
    warps[:, 0, 0], warps[:, 1, 1] = width / size, height / size
    warps[:, 0, 2], warps[:, 1, 2] = left + (width - side) / 2, top + (height - side) / 2
    return warps


def distortions(
    count: int, strength: float, size: int, generator: np.random.Generator
) -> np.ndarray:
    """Random warps of an input of `size` px onto itself.

    At strength 1, each uniform: translation by up to a sixteenth of the side both ways, scaling
    and squeezing (wider and lower, or narrower and higher) by up to 15 % each, horizontal shearing
    by up to 0.3.

    Source: LeCun et al. 1998, section III.A: "combinations of the following planar affine
    transformations: horizontal and vertical translations, scaling, squeezing (simultaneous
    horizontal compression and vertical elongation, or the reverse), and horizontal shearing". The
    paper does not say how far.
    """
    right, down, larger, wider, slant = strength * generator.uniform(-1, 1, (5, count))
    scale, squeeze = np.exp(math.log(1.15) * larger), np.exp(math.log(1.15) * wider)
    warps = np.zeros((count, 2, 3))
    warps[:, 0, 0], warps[:, 1, 1] = 1 / (scale * squeeze), squeeze / scale
    warps[:, 0, 1] = 0.3 * slant
    warps[:, 0, 2], warps[:, 1, 2] = right * size / 16, down * size / 16
    return warps


def mirrored(warps: np.ndarray, which: np.ndarray) -> np.ndarray:
    """The same, some of them seen in a mirror: `which` is (N,) bool."""
    warps = warps.copy()
    warps[which, :, 0] *= -1
    return warps


def chained(outer: np.ndarray, inner: np.ndarray) -> np.ndarray:
    """The warp that takes a pixel through `inner` and then through `outer`."""
    linear = outer[:, :, :2]
    chain = linear @ inner
    chain[:, :, 2] += outer[:, :, 2]
    return chain


def resample(images: Tensor, warps: np.ndarray, size: int) -> Tensor:
    """What warps show of pictures, bilinear; beyond its edges a picture goes on as it ends.

    Args:
        images: (N, 3, S, S).
        warps: (N, 2, 3).
        size: Side of the result, px.

    Returns:
        (N, 3, size, size), channels last.
    """
    side = images.shape[-1]
    # grid_sample counts from the centre in half sides
    scaled = torch.tensor(2 / side * warps, dtype=images.dtype, device=images.device)
    offsets = torch.arange(size, dtype=images.dtype, device=images.device) - (size - 1) / 2
    xx, xy, x, yx, yy, y = scaled.flatten(1)[:, :, None, None].unbind(1)
    # no matrix product: its rounding might depend on how many images there are
    columns = xx * offsets + xy * offsets[:, None] + x
    rows = yx * offsets + yy * offsets[:, None] + y
    grid = torch.stack([columns, rows], dim=-1)
    seen = functional.grid_sample(images, grid, padding_mode="border", align_corners=False)
    return seen.contiguous(memory_format=torch.channels_last)
