"""Histograms of oriented gradients (Dalal & Triggs, CVPR 2005) as a network."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sqrt
from typing import Annotated, Literal

import torch
from torch import Tensor, nn

from training.errors import WorkbenchError
from training.models.network import Network
from training.models.shallow.gradients import (
    Luma,
    Orientations,
    UnitLength,
    Votes,
    gradients,
    neighbours,
)
from training.settings import Count, Range, Seed, Side, settle

WIDTH = 0.5  # of the Gaussian kernel: γ times the number of blocks, each a vector of length 1


@dataclass(frozen=True)
class Hog:
    """The choices behind HOG: grey gradients orientations cells blocks descriptors scores.

    With `votes` nearest, the descriptors are those of `skimage.feature.hog`.
    """

    image_size: Side = 128
    """Side of the square input."""
    orientations: Annotated[int, Range(2, 64)] = 9
    """Bins over the span."""
    span_deg: Literal[180, 360] = 180
    """180, or 360 where dark on light is another orientation than light on dark."""
    cell_px: Count = 8
    """Side of a cell."""
    block: Annotated[int, Range(1, 8)] = 2
    """Cells along a block, in which they are normalised together."""
    votes: Votes = "linear"
    """Whether a gradient votes for the two bins beside it or for the nearest one."""
    fourier: Annotated[int, Range(0, 65_536)] = 0
    """Random Fourier features between descriptors and scores, which then see by a Gaussian kernel;
    0 for the descriptors themselves."""
    seed: Seed = 0
    """Of those."""

    def __post_init__(self) -> None:
        settle(self)
        if self.blocks < 1:
            raise WorkbenchError(
                f"image_size is {self.image_size} px, but a block of {self.block} cells of "
                f"{self.cell_px} px takes {self.block * self.cell_px}. Make the cells smaller."
            )

    @property
    def blocks(self) -> int:
        """Along a side of the picture."""
        return self.image_size // self.cell_px - self.block + 1

    def build(self, num_classes: int) -> Network:
        """Fixed layers, and scores that are still to be fitted."""
        width = self.span_deg / self.orientations
        features = self.block**2 * self.orientations * self.blocks**2
        layers: dict[str, nn.Module] = {
            "grey": Luma(),
            "gradients": gradients(),
            "orientations": Orientations(
                self.orientations, span_deg=self.span_deg, first_deg=width / 2, votes=self.votes
            ),
            "cells": nn.AvgPool2d(self.cell_px),
            "blocks": neighbours(self.orientations, torch.ones(self.block, self.block)),
            "descriptors": UnitLength(clip=0.2),
        }
        if self.fourier:
            layers["fourier"] = Fourier(features, self.fourier, WIDTH / self.blocks**2, self.seed)
        layers["scores"] = nn.Linear(self.fourier or features, num_classes)
        return Network(layers, image_size=self.image_size)


class Fourier(nn.Linear):
    """Waves of random directions and phases, whose inner products are a Gaussian kernel's.

    cos(Wx + b)·cos(Wy + b) over half of their number is near exp(−γ|x − y|²), the nearer the more
    there are.

    Source: Rahimi & Recht, NIPS 2007, algorithm 1.
    """

    def __init__(self, in_features: int, waves: int, gamma: float, seed: int) -> None:
        """
        Args:
            in_features: Numbers that are taken.
            waves: Numbers that are given.
            gamma: γ.
            seed: Of directions and phases.
        """
        super().__init__(in_features, waves)
        generator = torch.Generator("cpu").manual_seed(seed)
        directions = torch.randn(waves, in_features, generator=generator, device="cpu")
        phases = torch.rand(waves, generator=generator, device="cpu")
        with torch.no_grad():
            self.weight.copy_(directions * sqrt(2 * gamma))
            self.bias.copy_(phases * 2 * pi)

    @property
    def in_words(self) -> str:
        """What it does, for a table of layers."""
        return f"{self.out_features:,} random Fourier features"

    def forward(self, descriptors: Tensor) -> Tensor:
        """(N, D) to (N, waves) in [−1, 1]."""
        return super().forward(descriptors).cos()
