"""Patches: the squares of images that units see, cut out exactly."""

from collections.abc import Iterable

import torch
from torch import Tensor

from training.models import Network

LARGEST = 1.6  # image sides; most of a larger patch would be margin


def boxes(network: Network, layer: str, rows: Tensor, cols: Tensor) -> Tensor:
    """The receptive fields of some units of one layer.

    Args:
        network: Where the layer is.
        layer: Its name; units of a fully connected layer see the whole image, and so do, as far
            as pictures go, those whose receptive field is much larger.
        rows: (N,) of the units.
        cols: (N,) of the units.

    Returns:
        (N, 4) int64 top, left, bottom, right in input pixels, half open; they may reach outside
        of the image and all have the same size.

    Raises:
        WorkbenchError: If there is no such layer.
    """
    network.require_layer(layer)
    field, side = network.geometry.get(layer), network.image_size
    if field is None or field.size > LARGEST * side:
        return torch.tensor([0, 0, side, side]).repeat(len(rows), 1)
    units = zip(rows.tolist(), cols.tolist(), strict=True)
    return torch.tensor([field.box(*unit) for unit in units]).reshape(-1, 4)


def cut(pictures: Iterable[Tensor], boxes: Tensor, *, fill: float = 0.5) -> Tensor:
    """One square from each picture.

    Args:
        pictures: (C, H, W) each, N of them: a tensor, or whatever yields them one by one.
        boxes: (N, 4) top, left, bottom, right, all of one size.
        fill: Stands where a box reaches outside of its picture, so that the patch keeps its size:
            0.5, mid grey, for pictures in [0, 1], and 0 for projections.

    Returns:
        (N, C, h, w).
    """
    patches = []
    for picture, (top, left, bottom, right) in zip(pictures, boxes.tolist(), strict=True):
        height, width = picture.shape[-2:]
        patch = picture.new_full((len(picture), bottom - top, right - left), fill)
        inside_rows = slice(max(top, 0), min(bottom, height))
        inside_cols = slice(max(left, 0), min(right, width))
        patch[
            :,
            inside_rows.start - top : inside_rows.stop - top,
            inside_cols.start - left : inside_cols.stop - left,
        ] = picture[:, inside_rows, inside_cols]
        patches.append(patch)
    return torch.stack(patches)
