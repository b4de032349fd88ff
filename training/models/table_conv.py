"""A convolution whose filters see only some of the maps below, as a table says."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional


class TableConv2d(nn.Module):
    """Filter o has a kernel for map i only where the table joins them; nothing else is stored.

    Source: LeCun et al. 1998, section II.B and table I.
    """

    table: Tensor

    def __init__(
        self, in_channels: int, sources: Sequence[Sequence[int]], kernel_size: int
    ) -> None:
        """
        Args:
            in_channels: Maps below.
            sources: For each filter the maps that it sees.
            kernel_size: Side of the kernels.
        """
        super().__init__()
        self.in_channels, self.out_channels = in_channels, len(sources)
        self.kernel_size, self.stride, self.padding = kernel_size, 1, 0
        pairs = [(filter_, map_) for filter_, maps in enumerate(sources) for map_ in maps]
        self.register_buffer("table", torch.tensor(pairs).T)
        self.kernels = nn.Parameter(torch.empty(len(pairs), kernel_size, kernel_size))
        self.bias = nn.Parameter(torch.empty(self.out_channels))

    @property
    def weight(self) -> Tensor:
        """(O, I, k, k), zero where the table joins nothing."""
        side = self.kernel_size
        dense = self.kernels.new_zeros(self.out_channels, self.in_channels, side, side)
        return dense.index_put(tuple(self.table), self.kernels)

    def forward(self, maps: Tensor) -> Tensor:
        """(N, I, H, W) to (N, O, H - k + 1, W - k + 1)."""
        return functional.conv2d(maps, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, "
            f"connections={len(self.kernels)}"
        )
