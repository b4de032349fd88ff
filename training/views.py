"""One image seen several times: the ten views of 2012, and what they say together."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from training.errors import WorkbenchError
from training.preprocess import Preprocess

CENTRE = 4  # place of the central view among the ten


def ten_views(
    pixels: np.ndarray,
    preprocess: Preprocess,
    *,
    padding: int = 0,
    device: torch.device | str = "cpu",
) -> Iterator[Tensor]:
    """The four corners, the centre and the mirror image of each; ten times (N, 3, size, size).

    Top left, top right, bottom left, bottom right, centre, then the mirrored ones in that order.

    Args:
        pixels: Stored images, (N, S, S, 3) uint8.
        preprocess: The run's preprocessing.
        padding: Border of the ground around the stored images, px, where the network was trained
            with one.
        device: Where the views are wanted.

    Raises:
        WorkbenchError: If the corners are the centre, because nothing is cut off.

    Source: Krizhevsky et al. 2012, section 4.1.
    """
    canvas, mean = preprocess.canvas(pixels, padding), preprocess.mean_canvas(padding)
    size, most = preprocess.size, canvas.shape[1] - preprocess.size
    if not most:
        raise WorkbenchError(
            f"Ten views need images stored larger than the input of {size} px, and these are "
            f"stored at {pixels.shape[1]} px. Look at one view, or train with a larger --resize or "
            "with --crop_padding."
        )
    half = most // 2
    places = [(0, 0), (0, most), (most, 0), (most, most), (half, half)]
    for mirrored in (False, True):
        for top, left in places:
            window = (slice(top, top + size), slice(left, left + size))
            own_mean = None if mean is None else mean[window]
            view = preprocess.normalise(canvas[:, *window], device, mean=own_mean)
            yield view.flip(-1) if mirrored else view
