"""Where the object of an image is, as the network sees it: from exact masks or from boxes."""

from __future__ import annotations

import numpy as np

from training.data import Split
from training.errors import WorkbenchError
from training.preprocess import Preprocess

CHUNK = 256  # masks in memory at once


def known(split: Split) -> np.ndarray:
    """(n,) int64, ascending: the images whose object's place the data set tells."""
    if split.masks is not None:
        return np.arange(len(split.labels))
    if split.boxes is not None:
        return np.flatnonzero(split.boxes[:, 0] >= 0)
    return np.empty(0, np.int64)


def require_known(split: Split) -> np.ndarray:
    """The same, for those who can do nothing without.

    Raises:
        WorkbenchError: If no object's place is known.
    """
    images = known(split)
    if not len(images):
        raise WorkbenchError(
            "The data set does not tell where the objects are. A folder of images may have a "
            "table boxes.csv with the columns path,x0,y0,x1,y1; builtin brings masks."
        )
    return images


def object_masks(split: Split, preprocess: Preprocess, images: np.ndarray) -> np.ndarray:
    """(n, size, size) bool at the network's input; all False where unknown or cut off.

    Args:
        split: With masks or boxes.
        preprocess: The run's preprocessing.
        images: (n,) indices into the split.
    """
    side = split.images.shape[1]
    if split.masks is not None:
        stored = np.asarray(split.masks[images])
    elif split.boxes is not None:
        stored = _filled(split.boxes[images], side)
    else:
        stored = np.zeros((len(images), side, side), bool)
    return preprocess.see_masks(stored)


def object_mask(split: Split, preprocess: Preprocess, image: int) -> np.ndarray | None:
    """(size, size) bool of one image, or None where nothing is known or seen of its object."""
    mask = object_masks(split, preprocess, np.array([image]))[0]
    return mask if mask.any() else None


def object_sizes(split: Split, preprocess: Preprocess) -> np.ndarray:
    """(n,) square roots of the areas of all objects that are known and seen, px of the input."""
    images = known(split)
    areas = [
        object_masks(split, preprocess, images[first : first + CHUNK]).sum((1, 2))
        for first in range(0, len(images), CHUNK)
    ]
    area = np.concatenate([np.empty(0, np.int64), *areas])
    return np.sqrt(area[area > 0])


def _filled(boxes: np.ndarray, side: int) -> np.ndarray:
    """Boxes (n, 4) as masks (n, side, side); unknown ones, of −1, are empty."""
    left, top, right, bottom = (boxes[:, edge, None] for edge in range(4))
    along = np.arange(side)
    columns, rows = (left <= along) & (along < right), (top <= along) & (along < bottom)
    return rows[:, :, None] & columns[:, None, :]
