"""How a layer's maps become one feature vector of an image."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

PoolingName = Literal["none", "mean", "pyramid"]
POOLINGS: tuple[PoolingName, ...] = ("none", "mean", "pyramid")
LEVELS = (1, 2, 4)  # cells a side
SMALLEST = 1e-12


def pooled(maps: Tensor, pooling: PoolingName) -> Tensor:
    """Features of unit length.

    Args:
        maps: (N, C, h, w), or (N, D) of a layer without places, which is only normalised.
        pooling: none keeps every unit; mean one number a channel; pyramid the largest in each cell
            of 1×1, 2×2 and 4×4 as far as the maps have so many, each level of equal length
            (Lazebnik et al. 2006, section 3, with the maximum of Yang et al. 2009).

    Returns:
        (N, D). An image without any response stays at 0.
    """
    if maps.ndim < 4:
        return F.normalize(maps.flatten(1), eps=SMALLEST)
    maps = maps.contiguous()  # channels_last maps would flatten in an order of their own
    if pooling == "none":
        return F.normalize(maps.flatten(1), eps=SMALLEST)
    if pooling == "mean":
        return F.normalize(maps.mean((2, 3)), eps=SMALLEST)
    side = min(maps.shape[2:])
    levels = [F.adaptive_max_pool2d(maps, cells) for cells in LEVELS if cells <= side]
    parts = [F.normalize(level.flatten(1), eps=SMALLEST) for level in levels]
    return F.normalize(torch.cat(parts, 1), eps=SMALLEST)
