"""How an image becomes the network's input, and how an input becomes a picture again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from training.channels import Channels, Mix, channels_of, inverse_of, share_of

Triple = tuple[float, float, float]


CENTRE = 50  # per cent of the way along the long side


def square(image: Image.Image, side: int, at: int = CENTRE) -> Image.Image:
    """Short side to `side`, then the central square (Krizhevsky et al. 2012, section 2).

    Args:
        image: Any.
        side: Of the square, px.
        at: Where else the square lies, in per cent of its way along the long side: 0 is at the
            left or the top, 100 at the right or the bottom.
    """
    width, height = scaled = _scaled(image.size, side)
    if scaled != image.size:
        image = image.resize(scaled, Image.Resampling.BICUBIC)
    left, top = (width - side) * at // 100, (height - side) * at // 100
    return image.crop((left, top, left + side, top + side))


def square_box(box: Sequence[int], size: tuple[int, int], side: int) -> tuple[int, int, int, int]:
    """Where a box of an image lies in the square that `square` makes of it.

    Args:
        box: Left, top, right, bottom in pixels of the image, half open.
        size: Width and height of the image, px.
        side: Of the square, px.

    Returns:
        The same four for the pixels of the square that the box touches; empty (right = left or
        bottom = top) where the cut leaves nothing of it.
    """
    edges = []
    for axis, length in enumerate(_scaled(size, side)):
        scale, cut = length / size[axis], (length - side) // 2
        first = math.floor(round(box[axis] * scale, 6)) - cut
        last = math.ceil(round(box[axis + 2] * scale, 6)) - cut
        edges.append((min(max(first, 0), side), min(max(last, 0), side)))
    (left, right), (top, bottom) = edges
    return left, top, right, bottom


def _scaled(size: tuple[int, int], side: int) -> tuple[int, int]:
    """Width and height with the short side of length `side`."""
    scale = side / min(size)
    width, height = (max(side, round(length * scale)) for length in size)
    return width, height


def lay(pictures: np.ndarray, side: int, colour: np.ndarray) -> np.ndarray:
    """Pictures (N, S, S, C) in the middle of larger ones of one colour, (N, side, side, C)."""
    count, small = pictures.shape[:2]
    first = (side - small + 1) // 2  # as Pillow's crop around the centre
    ground = np.empty((count, side, side, pictures.shape[-1]), pictures.dtype)
    ground[:] = colour
    ground[:, first : first + small, first : first + small] = pictures
    return ground


@dataclass(frozen=True, slots=True)
class Preprocess:
    """Part of a run: training, evaluation, mining and uploads all pass through it.

    An image is scaled to `resize` px on its short side, cut to the central square, cut again to
    the central `size` px that the network sees, and normalised. Pictures stored smaller than the
    input lie in the middle of a black ground, as MNIST's 28 px in LeNet-5's 32 (LeCun et al. 1998,
    section II.B).

    Normalised means: the mean colour is subtracted and each channel divided by its deviation. Or
    else the mean image is subtracted (Krizhevsky et al. 2012, section 2), each pixel's at its own
    place, and all channels are divided by one number, so that colours keep their proportions. The
    paper divides by nothing: its inputs are up to 255 and ours around 1, as initial weights and
    learning rates expect them elsewhere. 0 is the mean either way.

    A network of one channel (C = 1 below, else 3) sees pictures turned grey, all of them by the
    same `channels_of`. They are stored in colour whatever a network takes.
    """

    size: int  # side of the network's input, px
    resize: int  # side at which images are stored, px
    mean: tuple[float, ...]  # of each of the C channels; a picture's values are in [0, 1]
    std: tuple[float, ...]
    mean_image: np.ndarray | None = field(default=None, compare=False, repr=False)
    """(resize, resize, C) float32, in [0, 1]."""
    channels: Channels = "rgb"
    """What is taken of a picture: its red, green and blue, or its grey."""
    mix: Mix | None = None
    """What of those each of the C channels is the sum of; those themselves where not given."""

    @classmethod
    def of_colours(
        cls, size: int, resize: int, mean: Triple, std: Triple, *, channels: int
    ) -> Preprocess:
        """The preprocessing of a network that learns from images of these colours.

        Args:
            size: Side of its input, px.
            resize: Side at which images are stored, px.
            mean: Of red, green and blue, in [0, 1].
            std: Of each. That of their grey is not known from these; it is taken as if the three
                went together, as in photographs they nearly do and in grey pictures quite.
            channels: Of its input: 1 or 3.
        """
        if channels == 3:
            return cls(size, resize, mean, std)
        of_grey = [share_of(np.array(values), "grey").tolist() for values in (mean, std)]
        return cls(size, resize, tuple(of_grey[0]), tuple(of_grey[1]), channels="grey")

    def with_mean_image(self, mean_image: np.ndarray) -> Preprocess:
        """The same with a mean image, and one deviation, root of the mean variance, for all.

        Args:
            mean_image: (resize, resize, 3) float32, in [0, 1].
        """
        one = math.sqrt(sum(std**2 for std in self.std) / len(self.std))
        own = share_of(mean_image, self.channels, self.mix).astype(np.float32, copy=False)
        mean = own.mean((0, 1), dtype=np.float64).tolist()
        return replace(self, mean=tuple(mean), std=(one,) * len(self.std), mean_image=own)

    def __call__(self, image: Image.Image) -> Tensor:
        """An RGB image to (C, size, size), normalised."""
        return self.from_uint8(np.asarray(square(image, self.resize))[None])[0]

    def crop(self, image: Image.Image) -> Image.Image:
        """What the network sees of an image, size × size px."""
        margin = (self.resize - self.size) // 2
        box = (margin, margin, margin + self.size, margin + self.size)
        return square(image, self.resize).crop(box)  # black where it is larger than the image

    def frame(self, size: tuple[int, int], at: int = CENTRE) -> tuple[float, float, float, float]:
        """Which part of a picture the network sees: left, top, right, bottom in its pixels.

        Args:
            size: Width and height of the picture, px.
            at: Where its square lies, as `square` takes it.
        """
        scaled = _scaled(size, self.resize)
        margin = max(self.resize - self.size, 0) // 2
        side = min(self.size, self.resize)
        starts = [(length - self.resize) * at // 100 + margin for length in scaled]
        scales = [length / of for length, of in zip(size, scaled, strict=True)]
        left, top = (start * scale for start, scale in zip(starts, scales, strict=True))
        right, bottom = (
            (start + side) * scale for start, scale in zip(starts, scales, strict=True)
        )
        return left, top, right, bottom

    def from_uint8(self, pixels: np.ndarray, device: torch.device | str = "cpu") -> Tensor:
        """Stored pixels (N, S, S, 3) uint8 to (N, C, size, size), normalised, channels last."""
        return self.normalise(self._centre(pixels, self.ground), device, mean=self._central_mean())

    def see_masks(self, masks: np.ndarray) -> np.ndarray:
        """Masks (N, S, S) bool of stored pixels to (N, size, size), cut as the pictures are."""
        return self._centre(masks[..., None].repeat(3, axis=3), np.zeros(3, bool))[..., 0]

    def normalise(
        self,
        pixels: np.ndarray,
        device: torch.device | str = "cpu",
        *,
        mean: np.ndarray | Tensor | None = None,
    ) -> Tensor:
        """Pixels (N, H, W, 3) uint8 to (N, C, H, W); bytes, not floats, go to the device.

        Args:
            pixels: Any cut of stored images.
            device: Where the result is wanted.
            mean: The same cut of the mean image, (H, W, C) or (N, H, W, C) in [0, 1]; the mean
                colour if not given.
        """
        std = torch.tensor(self.std, device=device)
        mean = torch.as_tensor(self.mean if mean is None else mean, device=device)
        seen = np.ascontiguousarray(channels_of(pixels, self.channels))
        images = torch.tensor(seen, device=device).float()
        if self.mix is not None:
            images = (images[..., None, :] * torch.tensor(self.mix, device=device)).sum(-1)
        return images.mul_(1 / (255 * std)).sub_(mean / std).permute(0, 3, 1, 2)

    def picture(self, images: Tensor) -> Tensor:
        """Normalised (…, C, H, W) back to colours (…, 3, H, W) in [0, 1].

        H = W = size with a mean image. One channel is grey; of mixtures the colours are given
        back where they can be, and else what the network sees.
        """
        std = torch.tensor(self.std, device=images.device)[:, None, None]
        central = self._central_mean()
        if central is None:
            mean = torch.tensor(self.mean, device=images.device)[:, None, None]
        else:
            mean = torch.as_tensor(central, device=images.device).permute(2, 0, 1)
        colours = images * std + mean
        if self.mix is not None and (inverse := inverse_of(self.mix)) is not None:
            back = torch.tensor(inverse, dtype=images.dtype, device=images.device)
            colours = torch.einsum("kc,...chw->...khw", back, colours)
        colours = colours.clamp(0, 1)
        return colours.expand(*colours.shape[:-3], 3, -1, -1)

    def shifted(self, images: Tensor, shifts: np.ndarray) -> Tensor:
        """Normalised (N, C, H, W), to which amounts (N, 3) of each colour in [0, 1] are added."""
        amounts = share_of(shifts, self.channels, self.mix) / self.std
        return images.add_(torch.tensor(amounts, device=images.device).float()[:, :, None, None])

    @property
    def ground(self) -> np.ndarray:
        """What lies around a picture, (3,) uint8: black under small ones, else the mean colour."""
        if self.resize < self.size:
            return np.zeros(3, np.uint8)
        mean = np.full(3, np.mean(self.mean)) if self.mix or len(self.mean) == 1 else self.mean
        return np.round(np.clip(mean, 0, 1) * 255).astype(np.uint8)

    def canvas(self, pixels: np.ndarray, padding: int = 0) -> np.ndarray:
        """Stored pixels (N, S, S, 3) with a border of the ground, at least as large as the input.

        Args:
            pixels: uint8.
            padding: Width of the border, px.

        Returns:
            (N, side, side, 3) uint8 with side = max(S, size) + 2 · padding.
        """
        return self._widened(pixels, padding, self.ground)

    def mean_canvas(self, padding: int = 0) -> np.ndarray | None:
        """The mean image (side, side, C) of such canvases, in [0, 1], if there is one."""
        if self.mean_image is None:
            return None
        return self._widened(self.mean_image[None], padding, self._mean_ground)[0]

    @property
    def _mean_ground(self) -> np.ndarray:
        """The ground around a mean image, (C,) in [0, 1]."""
        return self.ground[: len(self.mean)] / 255

    def _widened(self, pictures: np.ndarray, padding: int, colour: np.ndarray) -> np.ndarray:
        side = max(pictures.shape[1], self.size) + 2 * padding
        return pictures if side == pictures.shape[1] else lay(pictures, side, colour)

    def _central_mean(self) -> np.ndarray | None:
        if self.mean_image is None:
            return None
        return self._centre(self.mean_image[None], self._mean_ground)[0]

    def _centre(self, pictures: np.ndarray, colour: np.ndarray) -> np.ndarray:
        if pictures.shape[1] < self.size:
            return lay(pictures, self.size, colour)
        margin = (pictures.shape[1] - self.size) // 2
        inner = slice(margin, margin + self.size)
        return pictures[:, inner, inner]
