"""How an image becomes the network's input, and how an input becomes a picture again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor

Triple = tuple[float, float, float]


def square(image: Image.Image, side: int) -> Image.Image:
    """Short side to `side`, then the central square (Krizhevsky et al. 2012, section 2)."""
    scale = side / min(image.size)
    width, height = (max(side, round(length * scale)) for length in image.size)
    if (width, height) != image.size:
        image = image.resize((width, height), Image.Resampling.BICUBIC)
    left, top = (width - side) // 2, (height - side) // 2
    return image.crop((left, top, left + side, top + side))


@dataclass(frozen=True, slots=True)
class Preprocess:
    """Part of a run: training, evaluation, mining and uploads all pass through it.

    An image is scaled to `resize` px on its short side, cut to the central square, cut again to
    the central `size` px that the network sees, and normalised by the training set's channel
    means and deviations.
    """

    size: int  # side of the network's input, px
    resize: int  # side at which images are stored, px; at least `size`
    mean: Triple  # of each channel, in [0, 1]
    std: Triple

    def __call__(self, image: Image.Image) -> Tensor:
        """An RGB image to (3, size, size), normalised."""
        return self.from_uint8(np.asarray(square(image, self.resize))[None])[0]

    def crop(self, image: Image.Image) -> Image.Image:
        """What the network sees of an image, size × size px."""
        margin = (self.resize - self.size) // 2
        box = (margin, margin, margin + self.size, margin + self.size)
        return square(image, self.resize).crop(box)

    def from_uint8(self, pixels: np.ndarray, device: torch.device | str = "cpu") -> Tensor:
        """Stored pixels (N, S, S, 3) uint8 to (N, 3, size, size), normalised, channels last."""
        margin = (pixels.shape[1] - self.size) // 2
        inner = slice(margin, margin + self.size)
        return self.normalise(pixels[:, inner, inner], device)

    def normalise(self, pixels: np.ndarray, device: torch.device | str = "cpu") -> Tensor:
        """Pixels (N, H, W, 3) uint8 to (N, 3, H, W); bytes, not floats, go to the device."""
        mean, std = (torch.tensor(triple, device=device) for triple in (self.mean, self.std))
        images = torch.tensor(np.ascontiguousarray(pixels), device=device).float()
        return images.mul_(1 / (255 * std)).sub_(mean / std).permute(0, 3, 1, 2)

    def picture(self, images: Tensor) -> Tensor:
        """Normalised (…, 3, H, W) back to colours in [0, 1]."""
        mean, std = (
            torch.tensor(triple, device=images.device)[:, None, None]
            for triple in (self.mean, self.std)
        )
        return (images * std + mean).clamp(0, 1)
