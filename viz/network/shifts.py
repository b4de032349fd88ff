"""Whether the answer stays when the picture moves by a few pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from training.models import Network
from training.preprocess import Preprocess
from training.progress import Progress, silent

FARTHEST = 8  # px
DIRECTIONS = ((0, 1), (0, -1), (1, 0), (-1, 0))  # right, left, down, up


@dataclass(frozen=True)
class ShiftAgreement:
    """How often the top prediction is the same for a picture and for the picture moved."""

    shift: Tensor  # (S,) int64, px: 1 to 8
    agreement: Tensor  # (S,) share of images and directions, in [0, 1]
    images: int


@torch.inference_mode()
def shift_agreement(
    network: Network,
    pixels: np.ndarray,
    preprocess: Preprocess,
    *,
    farthest: int = FARTHEST,
    batch_size: int = 64,
    progress: Progress = silent,
) -> ShiftAgreement:
    """Move each picture to all four sides and compare the network's top predictions.

    A shift by a whole stride moves the maps by a whole unit; shifts in between show what the
    stride loses. Where images are stored larger than the input, what moves in is more of the
    picture, and the border colour elsewhere.

    Args:
        network: In evaluation mode.
        pixels: Stored images, (N, S, S, 3) uint8.
        preprocess: The run's preprocessing.
        farthest: Longest shift, px.
        batch_size: Images at once.
        progress: Told (images done, images).

    Source: Zeiler & Fergus 2013, section 4.1, for translations; counted as by Zhang 2019
    ("consistency").
    """
    same = torch.zeros(farthest, dtype=torch.int64)
    for first in range(0, len(pixels), batch_size):
        batch = np.asarray(pixels[first : first + batch_size])
        still = _predictions(network, preprocess, batch, farthest, 0, 0)
        for shift in range(1, farthest + 1):
            for down, right in DIRECTIONS:
                moved = _predictions(
                    network, preprocess, batch, farthest, shift * down, shift * right
                )
                same[shift - 1] += int((moved == still).sum())
        progress(min(first + batch_size, len(pixels)), len(pixels))
    shares = same.double() / max(1, len(pixels) * len(DIRECTIONS))
    return ShiftAgreement(torch.arange(1, farthest + 1), shares, len(pixels))


def _predictions(
    network: Network, preprocess: Preprocess, pixels: np.ndarray, border: int, down: int, right: int
) -> Tensor:
    """Top predictions (N,) for pictures that have moved down and to the right."""
    canvas, mean = preprocess.canvas(pixels, border), preprocess.mean_canvas(border)
    size = preprocess.size
    middle = (canvas.shape[1] - size) // 2
    top, left = middle - down, middle - right
    if mean is not None:  # it stays where it is: the picture moves
        mean = mean[middle : middle + size, middle : middle + size]
    cuts = canvas[:, top : top + size, left : left + size]
    return network(preprocess.normalise(cuts, network.device, mean=mean)).argmax(1).cpu()
