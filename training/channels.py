"""What the channels of a network's input are made of: the colours of a picture, or its grey."""

from __future__ import annotations

from typing import Literal

import numpy as np

Channels = Literal["rgb", "grey"]
Mix = tuple[tuple[float, ...], ...]
"""A row for each channel of the input: how much of each of a picture's channels it takes."""

LUMA = (19595, 38470, 7471)  # of 65536 in red, green and blue: ITU-R BT.601, as Pillow rounds it


def channels_of(pixels: np.ndarray, channels: Channels) -> np.ndarray:
    """Colours (…, 3) uint8 as they are, or their grey (…, 1) uint8.

    Grey is what Pillow's `convert("L")` gives to the last bit, 0.299 red + 0.587 green + 0.114
    blue, as torchvision's transforms.Grayscale and ImageFolder pipelines turn pictures grey.
    """
    if channels == "rgb":
        return pixels
    total = pixels.astype(np.uint32) @ np.array(LUMA, np.uint32)
    return ((total[..., None] + 0x8000) >> 16).astype(np.uint8)


def share_of(values: np.ndarray, channels: Channels, mix: Mix | None = None) -> np.ndarray:
    """Amounts of red, green and blue (…, 3), such as a mean, as amounts of a network's channels."""
    if channels == "grey":
        values = values @ (np.array(LUMA)[:, None] / 2**16)
    return values if mix is None else values @ np.array(mix).T


def inverse_of(mix: Mix) -> np.ndarray | None:
    """What gives back the colours of a mixture, (3, 3), where each of them is still in it."""
    square = np.array(mix)
    if square.shape != (3, 3) or abs(np.linalg.det(square)) < 1e-6:
        return None
    return np.linalg.inv(square)
