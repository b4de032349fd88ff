"""How training images are varied, so that a network sees none of them twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from training.colour import PrincipalColours
from training.preprocess import Preprocess
from training.warps import (
    boxes_at,
    chained,
    distortions,
    mirrored,
    random_boxes,
    resample,
    warp_to,
)

if TYPE_CHECKING:
    from training.config import FitConfig
    from training.data import Split


@dataclass(frozen=True)
class Augmentation:
    """What may happen to a training image; by default it is cut out at a random place.

    Cutting 224 px out of 256 px and mirroring gives 2 · 33² = 2178 different pictures: the paper's
    factor of 2048 = 2 · 32² counts one place less each way.
    """

    padding: int = 0  # border of the ground that widens the choice of places, px
    flip: bool = False  # mirror half of the images
    scale: float = 1.0  # least share of the area in a resized crop; 1 resizes nothing
    distort: float = 0.0  # strength of affine distortions
    color: float = 0.0  # deviation of α, the noise along the principal colours
    colours: PrincipalColours | None = None

    def draw(
        self, count: int, preprocess: Preprocess, side: int, generator: np.random.Generator
    ) -> Chances:
        """Decide by chance what happens to each of `count` images stored at `side` px."""
        size = preprocess.size
        canvas = max(side, size) + 2 * self.padding
        resized = self.scale < 1
        if resized:
            boxes = random_boxes(count, canvas, self.scale, generator)
            tops = lefts = np.zeros(count, int)
        else:
            tops, lefts = generator.integers(0, canvas - size + 1, (2, count))
            boxes = boxes_at(tops, lefts, size)
        mirror = np.less(generator.random(count), 0.5 if self.flip else 0.0)
        warps = None
        if resized or self.distort:
            warps = warp_to(boxes, canvas, size)
            if self.distort:
                warps = chained(warps, distortions(count, self.distort, size, generator))
            warps = mirrored(warps, mirror)
        shifts = None
        if self.color and self.colours is not None:
            shifts = self.colours.shifts(generator.normal(0, self.color, (count, 3)))
        return Chances(tops, lefts, mirror, warps, shifts)

    def apply(
        self,
        pixels: np.ndarray,
        chances: Chances,
        preprocess: Preprocess,
        device: torch.device | str = "cpu",
    ) -> Tensor:
        """Stored pixels (N, S, S, 3) as chance has it, normalised (N, 3, size, size)."""
        canvas = preprocess.canvas(pixels, self.padding)
        mean = preprocess.mean_canvas(self.padding)
        if chances.warps is not None:
            images = preprocess.normalise(canvas, device, mean=mean)
            images = resample(images, chances.warps, preprocess.size)
        else:
            cuts = chances.cut(canvas, preprocess.size)
            means = None if mean is None else chances.windows(mean, preprocess.size, device)
            images = preprocess.normalise(cuts, device, mean=means)
        if chances.shifts is not None:
            images = preprocess.shifted(images, chances.shifts)
        return images


def augmentation_of(config: FitConfig, split: Split) -> Augmentation:
    """The augmentation that the settings ask for; colour noise looks at the training images."""
    from training.data.statistics import colour_covariance

    return Augmentation(
        padding=config.padding,
        flip=config.flip,
        scale=config.scale,
        distort=config.distort,
        color=config.color,
        colours=PrincipalColours.of(colour_covariance(split)) if config.color else None,
    )


@dataclass(frozen=True)
class Chances:
    """What chance decided for each image of a batch."""

    tops: np.ndarray  # (N,) int, place of a cut that is not resampled, px
    lefts: np.ndarray  # (N,) int
    mirrored: np.ndarray  # (N,) bool
    warps: np.ndarray | None  # (N, 2, 3), in place of the three above; see `training.warps`
    shifts: np.ndarray | None  # (N, 3), added to all pixels of an image, in [0, 1]

    def __getitem__(self, part: slice) -> Chances:
        """Those of some of the images."""
        return Chances(
            self.tops[part],
            self.lefts[part],
            self.mirrored[part],
            None if self.warps is None else self.warps[part],
            None if self.shifts is None else self.shifts[part],
        )

    def cut(self, pixels: np.ndarray, size: int) -> np.ndarray:
        """The cuts of pixels (N, C, C, 3), mirrored where it is so decided."""
        cuts = np.empty((len(pixels), size, size, 3), np.uint8)
        places = zip(cuts, pixels, self.tops, self.lefts, self.mirrored, strict=True)
        for cut, image, top, left, mirror in places:
            window = image[top : top + size, left : left + size]
            cut[:] = window[:, ::-1] if mirror else window
        return cuts

    def windows(self, mean: np.ndarray, size: int, device: torch.device | str) -> Tensor:
        """The same cuts of one mean image (C, C, 3), (N, size, size, 3)."""
        every = torch.as_tensor(mean, device=device).unfold(0, size, 1).unfold(1, size, 1)
        tops, lefts, mirror = (
            torch.as_tensor(values, device=device)
            for values in (self.tops, self.lefts, self.mirrored)
        )
        windows = every[tops, lefts].permute(0, 2, 3, 1)
        return torch.where(mirror[:, None, None, None], windows.flip(2), windows)
