"""Images with the square that a unit sees drawn on them, pixel by pixel."""

from collections.abc import Sequence

import numpy as np
from PIL import Image
from torch import Tensor

from viz.drawing.sheet import channels_last, factor, grey_centred, to_bytes

ORANGE = (230, 159, 0)
Box = Sequence[int]  # top, left, bottom, right, half open; may reach outside of the image


def image_pixels(picture: Tensor, side: int, box: Box | None = None) -> np.ndarray:
    """A square image (3, S, S) in [0, 1] at about `side` px, (h, h, 3) uint8."""
    return _fitted(channels_last(picture), side, box)


def projection_pixels(projection: Tensor, side: int, box: Box | None = None) -> np.ndarray:
    """A signed projection (3, S, S) on its own scale, mid grey is zero; else the same."""
    return _fitted(grey_centred(projection), side, box)


def _fitted(image: np.ndarray, side: int, box: Box | None) -> np.ndarray:
    """Enlarged by a whole factor or reduced to `side`; the box in orange between dark lines."""
    pixels = to_bytes(image)
    if len(image) > side:
        pixels = np.array(Image.fromarray(pixels).resize((side, side), Image.Resampling.BOX))
    by = factor(len(pixels), side)
    pixels = pixels.repeat(by, axis=0).repeat(by, axis=1)
    return pixels if box is None else framed(pixels, box, len(pixels) / len(image))


def framed(pixels: np.ndarray, box: Box, scale: float = 1) -> np.ndarray:
    """Pixels (H, W, 3) with a box around some of them, whose lengths are first scaled."""
    edges = [round(edge * scale) for edge in box]
    for inset, colour in ((0, (0, 0, 0)), (1, ORANGE), (2, ORANGE), (3, (0, 0, 0))):
        _draw_frame(pixels, edges, inset, colour)
    return pixels


def _draw_frame(
    pixels: np.ndarray, edges: list[int], inset: int, colour: tuple[int, int, int]
) -> None:
    """One line around the box, where it is inside of the image."""
    height, width = pixels.shape[:2]
    top, left, bottom, right = edges
    # where the square leaves the image its line runs along the image's edge
    top, left = max(top, 0) + inset, max(left, 0) + inset
    bottom, right = min(bottom, height) - 1 - inset, min(right, width) - 1 - inset
    if top > bottom or left > right:
        return
    pixels[top, left : right + 1] = pixels[bottom, left : right + 1] = colour
    pixels[top : bottom + 1, left] = pixels[top : bottom + 1, right] = colour
