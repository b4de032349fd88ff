"""Channels that are multiplied by numbers and shifted by others."""

import torch
from torch import Tensor, nn


class Scale(nn.Module):
    """Each channel times a number of its own, plus another: Caffe's layer of that name.

    What a forward pass does to its maps by constants: a temperature, a residual branch times 0.1,
    a bias that is no convolution's.
    """

    def __init__(self, num_features: int) -> None:
        """
        Args:
            num_features: Channels, or numbers in a row.
        """
        super().__init__()
        self.num_features = num_features
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))

    def forward(self, signal: Tensor) -> Tensor:
        """(N, C, …) to (N, C, …)."""
        shape = (-1, *[1] * (signal.dim() - 2))
        return signal * self.weight.reshape(shape) + self.bias.reshape(shape)

    def extra_repr(self) -> str:
        return f"{self.num_features}"
