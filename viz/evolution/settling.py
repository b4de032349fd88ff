"""When a channel has settled: by the image that excites it most, and by its filter."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

ALIKE = 0.9  # cosine between a filter and what becomes of it


def same_image_since(epoch: Tensor, image: Tensor) -> list[int | None]:
    """The first epoch from which each channel's strongest image stays the same; None if none is.

    The last epoch alone would prove nothing.

    Args:
        epoch: (E,) ascending.
        image: (E, C) index of the strongest image.
    """
    same = (image == image[-1]).flip(0).long().cumprod(0).sum(0)  # epochs at the end, (C,)
    return [int(epoch[len(epoch) - count]) if count > 1 else None for count in same.tolist()]


def filter_settled(weights: Mapping[int, Tensor], least: float = ALIKE) -> list[int]:
    """The first epoch from which each filter points where the last one does.

    Its cosine to the filter of the last epoch is then at least 0.9 and stays so; lower layers come
    to that within a few epochs, higher ones later. A filter that is zero has no direction and
    settles last.

    Args:
        weights: Epoch to weight (C, …), ascending; the last is what the others are compared with.
        least: The cosine.

    Source: Zeiler & Fergus 2013, section 4.1 and figure 4, which looked at it.
    """
    epochs = list(weights)
    flat = torch.stack([weights[epoch].flatten(1).double() for epoch in epochs])  # (E, C, D)
    cosine = functional.cosine_similarity(flat, flat[-1:], dim=2)
    cosine[-1] = 1
    settled = (cosine >= least).flip(0).long().cumprod(0).sum(0)
    return [epochs[len(epochs) - count] for count in settled.tolist()]
