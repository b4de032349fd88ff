"""Locality-constrained linear coding (Wang et al., CVPR 2010)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor, nn

from training.errors import WorkbenchError
from training.models.network import Network
from training.models.shallow.bow import Words
from training.models.shallow.gradients import UnitLength
from training.models.shallow.pyramid import QUARTERS, Pyramid, count
from training.models.shallow.sift import DESCRIPTOR, SEVERAL, Patches, Sift, Wired
from training.settings import Range, Seed


@dataclass(frozen=True)
class Llc(Sift):
    """The choices behind LLC: after the descriptors of each size codes16, then pyramid, unit and
    scores; the pyramid takes maxima (section 3.2 of the paper)."""

    patches_px: Patches = SEVERAL
    """Sides of the squares that are described, px, in fours."""
    words: Words = 2048
    """Centres of k-means, learnt on descriptors of the training images."""
    neighbours: Annotated[int, Range(1, 64)] = 5
    """Words that a descriptor is written with."""
    seed: Seed = 0
    """Of k-means and of the descriptors drawn for it."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.neighbours > self.words:
            raise WorkbenchError(
                f"neighbours is {self.neighbours}, but there are {self.words} words."
            )

    def build(self, num_classes: int) -> Network:
        """A codebook and scores that are still to be fitted."""
        layers = Wired()
        codes = []
        for descriptors in self.describe(layers):
            size = descriptors.removeprefix("descriptors")
            code = LocalCodes(self.words, DESCRIPTOR, self.neighbours)
            codes.append(layers.add(f"codes{size}", code, descriptors))
        layers.add("pyramid", Pyramid(QUARTERS, "max"), *codes)
        layers.add("unit", UnitLength())
        layers.add("scores", nn.Linear(count(QUARTERS) * self.words, num_classes))
        return self.network(layers)


class LocalCodes(nn.Module):
    """Each descriptor as a sum of its nearest words, with weights that add up to 1.

    The weights c of the k nearest words B minimise |x − Bᵀc|² + λ tr(C) |c|² where Σc = 1: they
    solve (C + λ tr(C) I) c = 1 up to a factor, C being the inner products of B − x.

    Source: Wang et al. 2010, section 3.1, equation 7, with λ of the authors' code.
    """

    def __init__(self, words: int, dimensions: int, neighbours: int, ridge: float = 1e-4) -> None:
        """
        Args:
            words: W.
            dimensions: Of a descriptor, D.
            neighbours: Words with a weight, k.
            ridge: λ.
        """
        super().__init__()
        self.neighbours, self.ridge = neighbours, ridge
        self.words = nn.Parameter(torch.empty(words, dimensions).normal_())

    @property
    def in_words(self) -> str:
        """What it does, for a table of layers."""
        return f"weights of the {self.neighbours} nearest of {len(self.words):,} words"

    def forward(self, descriptors: Tensor) -> Tensor:
        """(N, D, h, w) to (N, W, h, w), of which k words have a weight at each place."""
        count, _dimensions, height, width = descriptors.shape
        rows = descriptors.movedim(1, 3).flatten(0, 2)  # (M, D)
        similar = torch.addmm(-0.5 * self.words.square().sum(1), rows, self.words.T)
        nearest = similar.detach().topk(self.neighbours).indices  # (M, k)
        away = self.words[nearest] - rows[:, None]
        products = away @ away.transpose(1, 2)
        trace = products.diagonal(dim1=1, dim2=2).sum(1)
        # where a descriptor is its nearest word, and that is all, any weights will do
        ridge = (self.ridge * trace).clamp(min=1e-12)[:, None, None]
        products = products + ridge * torch.eye(self.neighbours, device=rows.device)
        weights = torch.linalg.solve(products, products.new_ones(len(rows), self.neighbours))
        weights = weights / weights.sum(1, keepdim=True)
        codes = weights.new_zeros(similar.shape).scatter(1, nearest, weights)
        return codes.reshape(count, height, width, -1).movedim(3, 1)

    def extra_repr(self) -> str:
        words, dimensions = self.words.shape
        return f"{words}, {dimensions}, neighbours={self.neighbours}"
