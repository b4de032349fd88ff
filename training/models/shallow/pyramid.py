"""A spatial pyramid: maps pooled over the whole picture, its quarters, its sixteenths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor

from training.geometry import SeesAll

Levels = tuple[tuple[int, int], ...]  # rows and columns of each level's regions
QUARTERS: Levels = ((1, 1), (2, 2), (4, 4))


class Pyramid(SeesAll):
    """The sum or the largest of each map in each region, region by region.

    Several maps of the same channels, from descriptors of several sizes, are pooled as one.

    Source: Lazebnik, Schmid & Ponce, CVPR 2006, section 3; with maxima Yang et al., CVPR 2009.
    """

    def __init__(self, levels: Levels, pool: Literal["sum", "max"]) -> None:
        """
        Args:
            levels: Rows and columns of regions, level by level; those of the last are pooled
                first, so that its numbers are multiples of the others'.
            pool: What is taken of a region.
        """
        super().__init__()
        self.levels, self.pool = levels, pool

    @property
    def in_words(self) -> str:
        """What it does, for a table of layers."""
        return f"{self.pool} over {count(self.levels)} regions"

    def forward(self, *maps: Tensor) -> Tensor:
        """(N, C, hᵢ, wᵢ) each to (N, R · C) for R regions."""
        together = torch.stack([self._finest(each) for each in maps])  # (…, N, regions, C)
        down, across = self.levels[-1]
        finest = self._reduced(together, 0).unflatten(1, (down, across))
        levels = []
        for rows, cols in self.levels:
            shared = finest.unflatten(1, (rows, -1)).unflatten(3, (cols, -1))
            levels.append(self._reduced(shared, (2, 4)).flatten(1))
        return torch.cat(levels, dim=1)

    def _finest(self, maps: Tensor) -> Tensor:
        shares = regions(self.levels[-1:], *maps.shape[2:])
        pooled = [self._reduced(maps[:, :, rows, cols], (2, 3)) for rows, cols in shares]
        return torch.stack(pooled, dim=1)

    def _reduced(self, signal: Tensor, axes: int | tuple[int, int]) -> Tensor:
        return signal.sum(axes) if self.pool == "sum" else signal.amax(axes)

    def extra_repr(self) -> str:
        return f"{self.pool} of {self.levels}"


def regions(levels: Levels, height: int, width: int) -> Iterator[tuple[slice, slice]]:
    """Rows and columns of each region, in reading order, level by level.

    The regions of a level share out a map's units, each to one of them.
    """
    for down, across in levels:
        for rows in _shares(height, down):
            for cols in _shares(width, across):
                yield rows, cols


def count(levels: Levels) -> int:
    """How many regions there are."""
    return sum(down * across for down, across in levels)


def _shares(side: int, parts: int) -> Sequence[slice]:
    ends = [round(part * side / parts) for part in range(parts + 1)]
    return [slice(start, end) for start, end in pairwise(ends)]
