"""Ways to pool a map: the strongest unit of a window, its mean, its sum, or one drawn at random."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional


def pooled_side(side: int, kernel_size: int, stride: int, ceil_mode: bool, padding: int = 0) -> int:
    """Side of a map after pooling; `ceil_mode` keeps a last window that hangs over the edge."""
    hanging = stride - 1 if ceil_mode else 0
    count = (side + 2 * padding - kernel_size + hanging) // stride + 1
    if ceil_mode and (count - 1) * stride >= side + padding:
        return count - 1  # a window must begin inside, or in the padding before it
    return count


class SumPool2d(nn.AvgPool2d):
    """The sum of each window. What hangs over the edge counts as zero."""

    def __init__(self, kernel_size: int, stride: int, *, ceil_mode: bool = False) -> None:
        super().__init__(kernel_size, stride, ceil_mode=ceil_mode, divisor_override=1)


class StochasticPool2d(nn.Module):
    """One unit of each window, drawn at random; a strong unit is drawn more often.

    A unit's probability is its share of the window's activations, p = a / Σa. In training each
    window draws for itself, and the gradient goes to the unit drawn; in evaluation mode the output
    is the mean of what would be drawn, Σpa. Activations below zero count as zero, and a window
    without any above gives zero.

    Source: Zeiler & Fergus 2013, "Stochastic Pooling for Regularization", section 3.
    """

    def __init__(self, kernel_size: int, stride: int, *, ceil_mode: bool = False) -> None:
        super().__init__()
        self.kernel_size, self.stride, self.padding = kernel_size, stride, 0
        self.ceil_mode = ceil_mode

    def forward(self, activations: Tensor) -> Tensor:
        """(N, C, H, W) to (N, C, h, w); torch's global generator draws, as it does for dropout."""
        window = (self.kernel_size, self.stride, self.ceil_mode)
        if self.training:
            drawn: Tensor = _Draw.apply(activations, *window)
            return drawn
        return _mean_of_draws(activations, *window)

    def extra_repr(self) -> str:
        return f"{self.kernel_size}, stride={self.stride}, ceil_mode={self.ceil_mode}"


POOLINGS: dict[str, Callable[..., nn.Module]] = {
    "max": nn.MaxPool2d,
    "average": nn.AvgPool2d,
    "sum": SumPool2d,
    "stochastic": StochasticPool2d,
}


def _mean_of_draws(activations: Tensor, kernel_size: int, stride: int, ceil_mode: bool) -> Tensor:
    def summed(maps: Tensor) -> Tensor:
        return functional.avg_pool2d(
            maps, kernel_size, stride, ceil_mode=ceil_mode, divisor_override=1
        )

    chances = activations.float().relu()
    tiny = torch.finfo(chances.dtype).tiny  # where all are zero, 0 / tiny is 0
    mean = summed(chances.square()) / summed(chances).clamp(min=tiny)
    return mean.to(activations.dtype)


class _Draw(torch.autograd.Function):
    """Pooling whose switches are drawn; the way back is that of max pooling."""

    @staticmethod
    def forward(
        ctx: Any, activations: Tensor, kernel_size: int, stride: int, ceil_mode: bool
    ) -> Tensor:
        chances = activations.float().relu()  # running sums in bfloat16 would lose the weak units
        switches = _draw(chances, kernel_size, stride, ceil_mode)
        pooled = _gather(chances, switches).to(activations.dtype)
        ctx.save_for_backward(activations, switches, pooled)
        ctx.window = (kernel_size, stride, ceil_mode)
        return pooled

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        activations, switches, pooled = ctx.saved_tensors
        kernel_size, stride, ceil_mode = ctx.window
        found = torch.ops.aten.max_pool2d_with_indices_backward(
            gradient * (pooled > 0),  # a window without activity drew nothing
            activations,
            [kernel_size, kernel_size],
            [stride, stride],
            [0, 0],
            [1, 1],
            ceil_mode,
            switches,
        )
        return found, None, None, None


def _draw(chances: Tensor, kernel_size: int, stride: int, ceil_mode: bool) -> Tensor:
    """(N, C, H, W) activations of at least 0 to (N, C, h, w) places h·W + w of the units drawn.

    One random number a window, a point on the way from 0 to the window's sum: the unit whose
    activation takes the running sum to that point or past it is drawn. The slices take all
    windows one step further at once; unfolding them would copy the maps kernel_size² times.
    """
    height, width = chances.shape[2:]
    rows, cols = (pooled_side(side, kernel_size, stride, ceil_mode) for side in (height, width))
    steps = [
        chances[:, :, row::stride, col::stride][:, :, :rows, :cols]
        for row in range(kernel_size)
        for col in range(kernel_size)
    ]

    def advance(running: Tensor, step: Tensor) -> None:
        # a window that hangs over the edge has no unit there
        running[:, :, : step.shape[2], : step.shape[3]] += step

    running = steps[0].clone()
    for step in steps[1:]:
        advance(running, step)
    # 1 − rand lies in (0, 1]: above 0, so no unit at zero is drawn; at most the sum, which the
    # same additions in the same order give again
    point = (1 - torch.rand_like(running)).mul_(running)
    running.copy_(steps[0])
    passed = torch.zeros_like(running, dtype=torch.uint8)
    for step in steps[1:]:
        passed += running < point
        advance(running, step)

    places = passed.long()
    places += places // kernel_size * (width - kernel_size)  # from the window's rows to the map's
    corner_rows = torch.arange(rows, device=chances.device) * stride
    corner_cols = torch.arange(cols, device=chances.device) * stride
    places += corner_rows[:, None] * width + corner_cols
    return places


def _gather(maps: Tensor, places: Tensor) -> Tensor:
    """The units at (N, C, h, w) places of (N, C, H, W) maps, in the maps' layout in memory."""
    if maps.is_contiguous(memory_format=torch.channels_last):
        maps, places = maps.permute(0, 2, 3, 1), places.permute(0, 2, 3, 1)
        gathered = maps.flatten(1, 2).gather(1, places.flatten(1, 2))
        return gathered.view(places.shape).permute(0, 3, 1, 2)
    return maps.flatten(2).gather(2, places.flatten(2)).view(places.shape)
