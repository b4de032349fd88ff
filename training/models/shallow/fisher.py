"""Improved Fisher vectors (Perronnin, Sánchez & Mensink, ECCV 2010)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, pi, sqrt
from typing import Annotated

import torch
from torch import Tensor, nn

from training.geometry import SeesAll
from training.models.network import Network
from training.models.shallow.bow import SignedRoot
from training.models.shallow.gradients import UnitLength
from training.models.shallow.pyramid import Levels, count, regions
from training.models.shallow.sift import DESCRIPTOR, SEVERAL, Patches, Sift, Wired
from training.settings import Count, Range, Seed

HALVES: Levels = ((1, 1), (2, 2))


@dataclass(frozen=True)
class Fisher(Sift):
    """The choices behind Fisher vectors: after the descriptors of each size reduced16 and codes16,
    then fisher, root, unit and scores."""

    patches_px: Patches = SEVERAL
    """Sides of the squares that are described, px, in fours."""
    step_px: Count = 6
    """From one patch to the next."""
    dimensions: Annotated[int, Range(1, DESCRIPTOR)] = 64
    """That principal component analysis leaves of a descriptor."""
    gaussians: Annotated[int, Range(1, 1024)] = 128
    """Of the mixture, learnt on descriptors of the training images."""
    seed: Seed = 0
    """Of the mixture and of the descriptors drawn for it."""

    def build(self, num_classes: int) -> Network:
        """A mixture and scores that are still to be fitted."""
        layers, dimensions = Wired(), self.dimensions
        pairs = []
        for descriptors in self.describe(layers):
            size = descriptors.removeprefix("descriptors")
            reduced = layers.add(
                f"reduced{size}", nn.Conv2d(DESCRIPTOR, dimensions, 1), descriptors
            )
            codes = layers.add(f"codes{size}", Posteriors(self.gaussians, dimensions))
            pairs += [codes, reduced]
        layers.add("fisher", FisherVector(self.gaussians, dimensions, HALVES), *pairs)
        layers.add("root", SignedRoot())
        layers.add("unit", UnitLength())
        features = count(HALVES) * 2 * self.gaussians * dimensions
        layers.add("scores", nn.Linear(features, num_classes))
        return self.network(layers)


class Mixture(nn.Module):
    """K Gaussians with diagonal covariances in D dimensions."""

    def __init__(self, gaussians: int, dimensions: int) -> None:
        super().__init__()
        self.shares = nn.Parameter(torch.full((gaussians,), 1 / gaussians))  # of all descriptors
        self.means = nn.Parameter(torch.empty(gaussians, dimensions).normal_())
        self.variances = nn.Parameter(torch.ones(gaussians, dimensions))

    def extra_repr(self) -> str:
        gaussians, dimensions = self.means.shape
        return f"{gaussians}, {dimensions}"


class Posteriors(Mixture):
    """How probable it is that each place's descriptor came from each Gaussian."""

    @property
    def in_words(self) -> str:
        """What it does, for a table of layers."""
        return f"posteriors of {len(self.means)} Gaussians"

    def forward(self, reduced: Tensor) -> Tensor:
        """(N, D, h, w) to (N, K, h, w), which add up to 1 over K."""
        count, _dimensions, height, width = reduced.shape
        rows = reduced.movedim(1, 3).flatten(0, 2)
        precisions = 1 / self.variances
        constant = self.shares.log() - 0.5 * (
            self.means.square() * precisions + self.variances.log() + log(2 * pi)
        ).sum(1)
        density = rows @ (self.means * precisions).T - 0.5 * rows.square() @ precisions.T + constant
        return density.softmax(1).reshape(count, height, width, -1).movedim(3, 1)


class FisherVector(Mixture, SeesAll):
    """How each region's descriptors would move and widen each Gaussian, region by region.

    Gradients of the mean log-likelihood by the means and deviations, in units in which they have
    variance 1: Σ q (x − μ) / σ / √w and Σ q ((x − μ)² / σ² − 1) / √(2w), over the number of
    descriptors. Descriptors of several sizes are taken as one set.

    Source: Perronnin et al. 2010, section 2.1; equations 6 and 7 of Sánchez et al., IJCV 2013.
    """

    def __init__(self, gaussians: int, dimensions: int, levels: Levels) -> None:
        """
        Args:
            gaussians: K.
            dimensions: Of a descriptor, D.
            levels: Rows and columns of regions, level by level.
        """
        super().__init__(gaussians, dimensions)
        self.levels = levels

    @property
    def in_words(self) -> str:
        """What it does, for a table of layers."""
        return f"gradients by means and deviations in {count(self.levels)} regions"

    def forward(self, *codes_and_reduced: Tensor) -> Tensor:
        """Pairs (N, K, hᵢ, wᵢ) and (N, D, hᵢ, wᵢ) to (N, R · 2 · K · D) for R regions."""
        pairs = list(zip(codes_and_reduced[::2], codes_and_reduced[1::2], strict=True))
        places = [regions(self.levels, *codes.shape[2:]) for codes, _reduced in pairs]
        found = [
            self._of_region(
                [
                    (codes[:, :, rows, cols].flatten(2), reduced[:, :, rows, cols].flatten(2))
                    for (codes, reduced), (rows, cols) in zip(pairs, region, strict=True)
                ]
            )
            for region in zip(*places, strict=True)
        ]
        return torch.cat(found, dim=1)

    def _of_region(self, pairs: Sequence[tuple[Tensor, Tensor]]) -> Tensor:
        """(N, K, n) and (N, D, n) each to (N, 2 · K · D)."""
        codes = torch.cat([code for code, _reduced in pairs], dim=2)
        reduced = torch.cat([vectors for _code, vectors in pairs], dim=2).transpose(1, 2)
        number = codes.shape[2]
        share = codes.mean(2)[:, :, None]
        first = codes @ reduced / number
        second = codes @ reduced.square() / number
        roots = self.shares.sqrt()[:, None]
        by_mean = (first - share * self.means) / (roots * self.variances.sqrt())
        spread = second - 2 * first * self.means + share * (self.means.square() - self.variances)
        by_deviation = spread / (roots * self.variances * sqrt(2))
        return torch.cat([by_mean, by_deviation], dim=1).flatten(1)
