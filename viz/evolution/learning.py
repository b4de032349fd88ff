"""When a channel learnt what it answers to: how far its weights moved, when its response settled.

Neither says it alone. A filter of an upper layer may keep its direction while what it is fed
with changes under it, and one whose direction was there from the start may come to answer a
hundred times as strongly. So a channel has learnt where both stay as they are at the last epoch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

ALIKE = 0.9  # cosine between a filter and what becomes of it
WITHIN = 0.1  # share of the last response that an earlier one may differ from it


@dataclass(frozen=True)
class Motion:
    """How the weights of a layer's N channels came to be what they are at the last epoch.

    Of a layer without weights N is 0.
    """

    cosine: Tensor  # (E, N) between each epoch's weights and the last one's
    distance: Tensor  # (N,) of the last epoch's from the first one's, over the length of those

    @property
    def has_weights(self) -> bool:
        return bool(self.distance.numel())

    def until(self, count: int) -> Motion:
        """The first epochs alone, still held against the last one."""
        return Motion(self.cosine[:count], self.distance)


def motion(weight_of: Callable[[int], Tensor], epochs: Sequence[int]) -> Motion:
    """Follow the weights of a layer over the epochs.

    Only direction counts for the cosine: a filter that merely grows keeps 1. One that is zero has
    no direction, and a cosine of 0 with any but itself at the last epoch.

    Args:
        weight_of: Epoch to weight (N, …), asked once for each epoch and once more for the last.
        epochs: Ascending, at least one.
    """
    last = weight_of(epochs[-1]).flatten(1).double()
    first = weight_of(epochs[0]).flatten(1).double()
    cosines = [
        functional.cosine_similarity(weight_of(epoch).flatten(1).double(), last, dim=1)
        for epoch in epochs[:-1]
    ]
    length = first.norm(dim=1)
    distance = (last - first).norm(dim=1) / length.where(length > 0, 1.0)
    return Motion(torch.stack([*cosines, torch.ones(len(last), dtype=torch.float64)]), distance)


def without_weights(epochs: Sequence[int]) -> Motion:
    """Of a layer that has none, such as a pooling layer."""
    return Motion(torch.ones(len(epochs), 0), torch.zeros(0))


def since(epoch: Tensor, holds: Tensor) -> list[int | None]:
    """The first epoch from which something holds to the last; None where only there.

    The last epoch alone would prove nothing.

    Args:
        epoch: (E,) ascending.
        holds: (E, N) bool, true at the last epoch.
    """
    count = holds.flip(0).long().cumprod(0).sum(0)  # epochs at the end, (N,)
    return [int(epoch[len(epoch) - n]) if n > 1 else None for n in count.tolist()]


def is_settled(response: Tensor, within: float = WITHIN) -> Tensor:
    """Where a response is within a share of the last one, (E, N) bool."""
    last = response[-1]
    return (response - last).abs() <= within * last.abs()


def learnt(
    epoch: Tensor, response: Tensor, cosine: Tensor, *, within: float = WITHIN, least: float = ALIKE
) -> list[int | None]:
    """The first epoch from which a channel answers, and points, as it does at the last one.

    From there on its response stays within 10 % of the last epoch's, and its filter's cosine to
    the last epoch's is at least 0.9. None: one of the two still changed at the last epoch.

    Args:
        epoch: (E,) ascending.
        response: (E, N) mean activation over each channel's strongest images.
        cosine: (E, N) of the weights to those of the last epoch, or (E, 0) without weights.
        within: Share of the last response.
        least: The cosine.

    Source: Zeiler & Fergus 2013, section 4.1 and figure 4, which looked at it.
    """
    holds = is_settled(response, within)
    if cosine.shape[1]:
        pointing = cosine >= least
        pointing[-1] = True
        holds = holds & pointing
    return since(epoch, holds)


def word(when: int | None, first: int, last_response: float) -> str:
    """What is said of a channel: learnt at epoch 5, as at the start, still changing, silent.

    Args:
        when: What `learnt` gave.
        first: The first epoch looked at.
        last_response: At the last epoch.
    """
    if last_response <= 0:
        return "silent"
    if when is None:
        return "still changing"
    return f"as at epoch {first}" if when == first else f"learnt at epoch {when}"


def half_learnt(when: Sequence[int | None]) -> int | None:
    """The epoch by which half of the channels had learnt; None where fewer than half have."""
    known = sorted(each for each in when if each is not None)
    needed = -(-len(when) // 2)
    return known[needed - 1] if len(known) >= needed > 0 else None


def same_image_since(epoch: Tensor, image: Tensor) -> list[int | None]:
    """The first epoch from which each channel's strongest image stays the same; None if none is.

    Args:
        epoch: (E,) ascending.
        image: (E, C) index of the strongest image.
    """
    return since(epoch, image == image[-1])
