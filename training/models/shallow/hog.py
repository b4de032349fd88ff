"""Histograms of oriented gradients (Dalal & Triggs, CVPR 2005) as a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import torch
from torch import nn

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
from training.settings import Count, Range, Side, settle


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
        features = self.block**2 * self.orientations
        layers = {
            "grey": Luma(),
            "gradients": gradients(),
            "orientations": Orientations(
                self.orientations, span_deg=self.span_deg, first_deg=width / 2, votes=self.votes
            ),
            "cells": nn.AvgPool2d(self.cell_px),
            "blocks": neighbours(self.orientations, torch.ones(self.block, self.block)),
            "descriptors": UnitLength(clip=0.2),
            "scores": nn.Linear(features * self.blocks**2, num_classes),
        }
        return Network(layers, image_size=self.image_size)
