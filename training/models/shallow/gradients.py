"""What HOG and SIFT begin with: grey, its gradients, and votes for their orientations."""

from __future__ import annotations

from collections.abc import Sequence
from math import degrees
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.channels import LUMA

MEAN, STD = 0.5, 0.5  # of the network's input: colours of [0, 1] become −1 to 1
TINY = 1e-12  # beside squares of lengths up to 1
Votes = Literal["linear", "nearest"]


def fixed(weight: Tensor, **geometry: Any) -> nn.Conv2d:
    """A convolution that computes what its designer chose.

    Args:
        weight: (O, I / groups, k, k).
        **geometry: Stride, padding and so on, as for `nn.Conv2d`.
    """
    filters, maps, side = weight.shape[:3]
    maps *= geometry.get("groups", 1)
    layer = nn.Conv2d(maps, filters, side, bias=False, **geometry)
    with torch.no_grad():
        layer.weight.copy_(weight)
    return layer


class Luma(nn.Module):
    """Normalised colours to grey in [0, 1], as ITU-R BT.601 and Pillow weigh them."""

    in_words = "0.299 red + 0.587 green + 0.114 blue"

    def forward(self, images: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, 1, H, W)."""
        shares = images.new_tensor(LUMA).reshape(3, 1, 1) / sum(LUMA)
        return (images * shares).sum(1, keepdim=True) * STD + MEAN


def gradients() -> nn.Conv2d:
    """Grey (N, 1, H, W) to differences of both neighbours (N, 2, H, W), across and down.

    At the edge of a picture, which is mirrored there, they are 0.
    """
    step = torch.tensor([-1.0, 0.0, 1.0])
    weight = torch.zeros(2, 1, 3, 3)
    weight[0, 0, 1], weight[1, 0, :, 1] = step, step
    return fixed(weight, padding=1, padding_mode="reflect")


class Orientations(nn.Module):
    """Each place votes for the orientation of its gradient, as strongly as that is steep.

    A linear vote is shared by the two bins whose centres lie beside the gradient's angle, each the
    more the nearer (Lowe 2004, section 6.1; Dalal & Triggs 2005, section 6.3); a nearest one is
    given to one bin.
    """

    def __init__(
        self, bins: int, *, span_deg: int, first_deg: float = 0.0, votes: Votes = "linear"
    ) -> None:
        """
        Args:
            bins: Orientations told apart.
            span_deg: 360, or 180 where light on dark and dark on light are one.
            first_deg: Centre of the first bin, from the right downwards.
            votes: How a vote is shared.
        """
        super().__init__()
        self.bins, self.span_deg, self.first_deg, self.votes = bins, span_deg, first_deg, votes

    @property
    def in_words(self) -> str:
        """What it does, for a table of layers."""
        return f"votes for {self.bins} orientations of {self.span_deg}°"

    def forward(self, gradients: Tensor) -> Tensor:
        """(N, 2, H, W), across and down, to (N, bins, H, W)."""
        across, down = gradients.unbind(1)
        squares = across.square() + down.square()
        is_flat = squares == 0  # has no angle, and no slope that a gradient could follow
        steepness = torch.where(is_flat, 1, squares).sqrt() * ~is_flat
        angle = torch.atan2(down, torch.where(is_flat, 1, across))
        place = (angle * degrees(1) - self.first_deg) * (self.bins / self.span_deg)
        if self.votes == "nearest":
            chosen = (place + 0.5).floor().long() % self.bins
            return functional.one_hot(chosen, self.bins).movedim(3, 1) * steepness[:, None]
        centres = torch.arange(self.bins, device=place.device).reshape(-1, 1, 1)
        away = (place[:, None] - centres) % self.bins
        away = torch.minimum(away, self.bins - away)
        return (1 - away).clamp(min=0) * steepness[:, None]

    def extra_repr(self) -> str:
        return f"{self.bins}, span_deg={self.span_deg}, votes={self.votes}"


def neighbours(maps: int, weights: Tensor, **geometry: Any) -> nn.Conv2d:
    """Squares of cells put together: each map of each cell of a square becomes a channel.

    Args:
        maps: Of the cells.
        weights: (k, k) what each cell counts.
        **geometry: As for `nn.Conv2d`.

    Returns:
        A convolution (N, maps, h, w) to (N, k · k · maps, …), channels in the order row of the
        cell, column, map.
    """
    side = len(weights)
    weight = torch.zeros(side, side, maps, maps, side, side)
    for row in range(side):
        for col in range(side):
            for each in range(maps):
                weight[row, col, each, each, row, col] = weights[row, col]
    return fixed(weight.flatten(0, 2), **geometry)


class UnitLength(nn.Module):
    """Vectors of length 1; with a clip what sticks out is cut off and the rest scaled up again.

    That is HOG's L2-Hys (Dalal & Triggs 2005, section 6.4) and SIFT's normalisation (Lowe 2004,
    section 6.1), in which one strong edge does not outweigh all others.
    """

    def __init__(self, *, clip: float | None = None, epsilon: float = 1e-5) -> None:
        """
        Args:
            clip: Largest number before the second normalisation.
            epsilon: Length below which vectors stay shorter than 1: noise is not blown up.
        """
        super().__init__()
        self.clip, self.epsilon = clip, epsilon

    @property
    def in_words(self) -> str:
        """What it does, for a table of layers."""
        return "unit length" + (f", clipped at {self.clip}" if self.clip else "")

    def forward(self, vectors: Tensor) -> Tensor:
        """(N, D, …) to the same shape, of length 1 along D."""
        squares = vectors.square().sum(1, keepdim=True)
        scaled = vectors * (squares + self.epsilon**2).rsqrt()
        if self.clip is None:
            return scaled
        clipped = scaled.clamp(max=self.clip)
        # as long as before the clip: those that are short on purpose stay so
        length = (squares / (squares + self.epsilon**2)).clamp(min=TINY).sqrt()
        return clipped * length * (clipped.square().sum(1, keepdim=True) + TINY).rsqrt()

    def extra_repr(self) -> str:
        return f"clip={self.clip}, epsilon={self.epsilon}"


def triangle(bin_px: int) -> Tensor:
    """(2b − 1, 2b − 1) weights of the pixels around a cell's centre, falling to 0 at the next.

    A pixel's vote is so shared by the four cells around it (Lowe 2004, section 6.1).
    """
    away = (torch.arange(2 * bin_px - 1) - (bin_px - 1)).abs()
    weights = 1 - away / bin_px
    return weights[:, None] * weights


def gaussian(places: Sequence[float], sigma: float) -> Tensor:
    """(k, k) weights of a square of places around 0, at most 1."""
    weights = torch.exp(-0.5 * (torch.tensor(places) / sigma) ** 2)
    return weights[:, None] * weights
