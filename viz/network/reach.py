"""How far each kind of layer looks: which rows of what feeds it a row of its map depends on.

One table holds it for every kind. What is not in it, a subclass with a forward pass of its own, a
mean over the whole map, group normalisation, depends on everything: the whole is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from training.models.lenet import Grey, SubSampling
from training.models.network import run_layer
from training.models.pooling import StochasticPool2d, SumPool2d, pooled_side
from training.models.response_norm import ResponseNorm
from training.models.scale import Scale
from training.models.shallow.gradients import Luma, UnitLength
from training.models.table_conv import TableConv2d
from viz.network.layers import KINDS

ADAPTIVE = (nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d)


@dataclass(frozen=True)
class Reach:
    """A window that slides along one axis of a map."""

    taps: int = 1  # rows that it looks at
    spread: int = 1  # from one of them to the next: the dilation
    stride: int = 1  # from one window to the next
    before: int = 0  # rows of padding above the first
    after: int = 0  # rows of padding below the last
    hangs_over: bool = False  # a last window may begin inside and end outside: ceil_mode

    @property
    def size(self) -> int:
        """From its first row to its last, those between the taps included."""
        return (self.taps - 1) * self.spread + 1

    def first(self, place: int) -> int:
        """The first row that the window of a place looks at; negative in the padding."""
        return place * self.stride - self.before

    def rows(self, place: int) -> range:
        """All rows that it looks at."""
        return range(self.first(place), self.first(place) + self.size, self.spread)

    def side(self, side: int) -> int:
        """How many windows a map of that side has."""
        if self.hangs_over:
            return pooled_side(side, self.size, self.stride, True, self.before)
        return (side + self.before + self.after - self.size) // self.stride + 1


@dataclass(frozen=True)
class Local:
    """A layer whose map depends on a window of what feeds it, and how a part of it is computed."""

    reaches: tuple[Reach, Reach]  # along rows and columns
    fill: float | None  # what stands outside of a map; None where no one number does
    run: Callable[..., Tensor]  # inputs cut to the windows, padding included, to the part

    def along(self, axis: int) -> Reach:
        """The window along rows, 0, or columns, 1."""
        return self.reaches[axis]


def local(layer: nn.Module) -> Local | None:
    """How a part of a layer's map depends on a part of what feeds it; None: on the whole."""
    kind = type(layer)  # a subclass may do anything
    if kind in AT_ONE_PLACE:
        return Local((Reach(), Reach()), 0.0, lambda *signals: run_layer(layer, *signals))
    return SLIDING[kind](layer) if kind in SLIDING else None


def reach(layer: nn.Module, axis: int) -> Reach:
    """The window of a layer that has a kernel, from its own numbers."""

    def along(name: str, default: int) -> int:
        length = getattr(layer, name, default)
        return int(length if isinstance(length, int) else length[axis])

    taps, spread = along("kernel_size", 1), along("dilation", 1)
    padding = getattr(layer, "padding", 0)
    if padding == "same":  # torch puts the odd one below
        both = (taps - 1) * spread
        before, after = both // 2, both - both // 2
    else:
        before = after = 0 if padding == "valid" else along("padding", 0)
    hangs_over = bool(getattr(layer, "ceil_mode", False))
    return Reach(taps, spread, along("stride", 1), before, after, hangs_over)


def rows_of(layer: nn.Module, axis: int, place: int, side: int, places: int) -> range:
    """The rows of a map that one place of a pooling layer looks at; some may be in the padding.

    Args:
        layer: Whose.
        axis: 0 for rows, 1 for columns.
        place: Row or column of the layer's own map.
        side: Rows of the map below.
        places: Rows of the layer's own.
    """
    if isinstance(layer, ADAPTIVE):
        return range(place * side // places, -(-(place + 1) * side // places))
    return reach(layer, axis).rows(place)


BEYOND = {
    "zeros": "0",
    "reflect": "its mirror image",
    "replicate": "its last row or column again",
    "circular": "its opposite edge",
}
"""What stands beyond a map, by the mode of a convolution's padding."""


def padded(layer: nn.Conv2d, maps: Tensor) -> Tensor:
    """Maps (N, C, H, W) with what a convolution takes to stand around them."""
    down, across = reach(layer, 0), reach(layer, 1)
    margin = (across.before, across.after, down.before, down.after)
    mode = "constant" if layer.padding_mode == "zeros" else layer.padding_mode
    return functional.pad(maps, margin, mode)


def side_after(layer: nn.Module, sides: Sequence[int | None], axis: int) -> int | None:
    """Height or width of a layer's map, from those of what feeds it; None where none is known."""
    known = [side for side in sides if side is not None]
    if len(known) < len(sides):
        return None
    kind = type(layer)
    if kind in SLIDING or kind in _WINDOWED_WHOLE:
        return reach(layer, axis).side(known[0])
    if kind in AT_ONE_PLACE or kind in _SAME_SIZE:
        return max(known)  # of a sum, one may be a single row for all
    if isinstance(layer, ADAPTIVE):
        wanted: Any = layer.output_size
        side = wanted if isinstance(wanted, int) else wanted[axis]
        return known[0] if side is None else int(side)
    return None


def _convolution(layer: nn.Conv2d) -> Local:
    """Zeros stand outside, or what the padding's mode takes from the map itself."""
    return Local(
        (reach(layer, 0), reach(layer, 1)),
        0.0 if layer.padding_mode == "zeros" else None,
        lambda maps: functional.conv2d(
            maps, layer.weight, layer.bias, layer.stride, 0, layer.dilation, layer.groups
        ),
    )


def _largest(layer: nn.MaxPool2d) -> Local:
    return Local(
        (reach(layer, 0), reach(layer, 1)),
        -inf,
        lambda maps: functional.max_pool2d(
            maps, layer.kernel_size, layer.stride, 0, layer.dilation
        ),
    )


def _mean(layer: nn.AvgPool2d) -> Local:
    """At an edge a mean may be over fewer: only what counts its padding can be filled up."""
    filled = layer.count_include_pad and not layer.ceil_mode
    return Local(
        (reach(layer, 0), reach(layer, 1)),
        0.0 if filled else None,
        lambda maps: functional.avg_pool2d(
            maps, layer.kernel_size, layer.stride, divisor_override=layer.divisor_override
        ),
    )


def _normalised(layer: nn.BatchNorm2d) -> Local | None:
    """By its running statistics at one place; by those of the batch over all of it."""
    if layer.training or layer.running_mean is None:
        return None
    return Local((Reach(), Reach()), 0.0, layer)


AT_ONE_PLACE: frozenset[type[nn.Module]] = frozenset(
    (
        *(*KINDS["activation"], *KINDS["merge"], *KINDS["dropout"]),
        *(ResponseNorm, Scale, UnitLength, Grey, Luma, nn.Identity),
    )
)
"""Their values depend on those at the same place, of all channels."""

SLIDING: dict[type[nn.Module], Callable[..., Local | None]] = {
    nn.Conv2d: _convolution,
    nn.MaxPool2d: _largest,
    nn.AvgPool2d: _mean,
    SumPool2d: _mean,
    nn.BatchNorm2d: _normalised,
}
"""Their values depend on a window."""

_WINDOWED_WHOLE: frozenset[type[nn.Module]] = frozenset(
    (StochasticPool2d, SubSampling, TableConv2d)
)
_SAME_SIZE: frozenset[type[nn.Module]] = frozenset((nn.GroupNorm,))
