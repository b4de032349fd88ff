"""Where the branches of a network part and meet."""

import torch
from torch import Tensor, nn


class Add(nn.Module):
    """The sum of all branches: the short cut of a residual block (He et al. 2015)."""

    def forward(self, first: Tensor, *others: Tensor) -> Tensor:
        """Tensors of one shape to their sum."""
        for other in others:
            first = first + other
        return first


class Concat(nn.Module):
    """The channels of all branches, one after the other: Inception (Szegedy et al. 2014)."""

    def forward(self, *branches: Tensor) -> Tensor:
        """(N, Cᵢ, h, w) each to (N, ΣCᵢ, h, w)."""
        return torch.cat(branches, dim=1)


class Slice(nn.Module):
    """Some of the channels, for a tower of its own (Krizhevsky et al. 2012)."""

    def __init__(self, start: int, stop: int) -> None:
        """
        Args:
            start: The first channel.
            stop: The one after the last.
        """
        super().__init__()
        if not 0 <= start < stop:
            raise ValueError(f"no channels from {start} to before {stop}")
        self.start, self.stop = start, stop

    def forward(self, maps: Tensor) -> Tensor:
        """(N, C, …) to (N, stop − start, …)."""
        if self.stop > maps.shape[1]:
            raise ValueError(f"channel {self.stop - 1} of {maps.shape[1]}")
        return maps[:, self.start : self.stop]

    def extra_repr(self) -> str:
        return f"{self.start}, {self.stop}"
