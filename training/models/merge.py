"""Where several branches of a network meet."""

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
