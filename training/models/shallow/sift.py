"""Dense SIFT (Lowe 2004; on a grid Lazebnik et al. 2006) as a network."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, gcd
from typing import Annotated

from torch import nn

from training.errors import WorkbenchError
from training.models.network import Network
from training.models.shallow.gradients import (
    Luma,
    Orientations,
    UnitLength,
    fixed,
    gaussian,
    gradients,
    neighbours,
    triangle,
)
from training.models.shallow.pyramid import Levels, Pyramid, count
from training.settings import Count, Length, Range, Side, settle

BINS, CELLS = 8, 4  # orientations, and cells along a patch: 4 · 4 · 8 = 128 numbers
DESCRIPTOR = BINS * CELLS**2
CENTRES = (-1.5, -0.5, 0.5, 1.5)  # of the cells from the patch's, in cells
SIGMA = CELLS / 2  # of the Gaussian that weighs them: half a patch (Lowe 2004, section 6.1)
REGIONS = 4  # along a picture's side, in the finest level of a pyramid
GRID: Levels = ((REGIONS, REGIONS),)
SEVERAL = (16, 24, 32)  # px; codes gain by patches of several sizes
Patch = Annotated[int, Range(8, 512)]
Patches = Annotated[tuple[Patch, ...], Length(1, 8)]


class Wired(dict[str, nn.Module]):
    """Layers by name in forward order, and what feeds each."""

    def __init__(self) -> None:
        super().__init__()
        self.inputs: dict[str, tuple[str, ...]] = {}

    def add(self, name: str, layer: nn.Module, *inputs: str) -> str:
        """A layer more; its name, for those that it feeds."""
        self[name] = layer
        if inputs:
            self.inputs[name] = inputs
        return name


@dataclass(frozen=True)
class Sift:
    """The choices behind dense SIFT: grey gradients orientations, then for each size of patch
    cells16 patches16 descriptors16, and the scores of their means over 4×4 regions."""

    image_size: Side = 256
    """Side of the square input."""
    patches_px: Patches = (16,)
    """Sides of the squares that are described, px, in fours."""
    step_px: Count = 8
    """From one patch to the next."""
    contrast: Annotated[float, Range(above=0)] = 0.01
    """Mean difference of a pixel's neighbours, of white, below which a patch is rather flat and
    its descriptor stays short."""

    def __post_init__(self) -> None:
        settle(self)
        for patch in self.patches_px:
            if patch % CELLS:
                raise WorkbenchError(
                    f"patches_px has {patch}; a patch is of {CELLS}×{CELLS} cells of whole pixels, "
                    f"so its side is a multiple of {CELLS}."
                )
            least = _reach(patch) + (REGIONS - 1) * self.step_px
            if self.image_size < least:
                raise WorkbenchError(
                    f"image_size is {self.image_size} px, but {REGIONS} patches of {patch} px, one "
                    f"for each region along a side, take {least}. Make step_px smaller."
                )

    def build(self, num_classes: int) -> Network:
        """Fixed layers, and scores that are still to be fitted."""
        layers = Wired()
        described = self.describe(layers)
        layers.add("pyramid", Pyramid(GRID, "sum"), *described)
        layers.add("unit", UnitLength())
        layers.add("scores", nn.Linear(count(GRID) * DESCRIPTOR, num_classes))
        return self.network(layers)

    def network(self, layers: Wired) -> Network:
        """The layers as a network for pictures of the chosen size."""
        return Network(layers, image_size=self.image_size, inputs=layers.inputs)

    def describe(self, layers: Wired) -> list[str]:
        """Add the layers up to the descriptors, (N, 128, h, w); the names of those."""
        layers.add("grey", Luma())
        layers.add("gradients", gradients())
        votes = layers.add("orientations", Orientations(BINS, span_deg=360))
        names = []
        for patch in self.patches_px:
            cell = patch // CELLS
            stride = gcd(cell, self.step_px)
            window = triangle(cell).expand(BINS, 1, -1, -1)
            weights = gaussian(CENTRES, SIGMA)
            placed = {"stride": self.step_px // stride, "dilation": cell // stride}
            layers.add(f"cells{patch}", fixed(window, groups=BINS, stride=stride), votes)
            layers.add(f"patches{patch}", neighbours(BINS, weights, **placed))
            # as long as a patch of that contrast everywhere, in one orientation
            flat = self.contrast * cell**2 * sum(exp(-((at / SIGMA) ** 2)) for at in CENTRES)
            clipped = UnitLength(clip=0.2, epsilon=flat)
            names.append(layers.add(f"descriptors{patch}", clipped))
        return names


def _reach(patch: int) -> int:
    """Pixels along a patch, with those beyond its edge that share a vote with a cell inside."""
    cell = patch // CELLS
    return 5 * cell - 1
