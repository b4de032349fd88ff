"""The part of every map that some units depend on: the way up to them and back needs no more.

A unit of AlexNet's conv2 sees 51 of 224 px. Its value, and whatever is sent back from it, comes
from 5×5 units of pool1, 11×11 of conv1 and those pixels alone, so that is all that is computed. It
is exact: at the edge of a map a window is pushed back inside, and what a layer reads beyond the
edge is the padding that it would put there itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.geometry import IMAGE
from training.models import Network
from training.models.merge import Add, Concat
from training.models.network import Stage, run_layer
from training.models.pooling import pooled_side
from training.models.response_norm import ResponseNorm
from viz.network.layers import KINDS

SLIDING = (nn.Conv2d, nn.MaxPool2d)
AT_ONE_PLACE = (*KINDS["activation"], nn.BatchNorm2d, ResponseNorm, nn.Dropout, Add, Concat)
"""Their values depend on those at the same place. Other layers get and give whole maps."""


@dataclass(frozen=True)
class Span:
    """Rows, or columns, of a map: as many for each of N units, but from other starts."""

    start: Tensor  # (N,) int64
    length: int
    side: int  # of the map; a span may reach outside of it

    @property
    def is_whole(self) -> bool:
        """Whether it is all of the map, for each of the units."""
        return self.length == self.side and not self.start.any()

    def within(self, outer: Span) -> Span:
        """The same rows, counted in the map cut to the outer ones."""
        return Span(self.start - outer.start, self.length, outer.length)


@dataclass(frozen=True)
class Window:
    """A rectangle of a map for each of N units."""

    rows: Span
    cols: Span

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left out."""
        return self.rows.is_whole and self.cols.is_whole

    def within(self, outer: Window) -> Window:
        """The same rectangles, counted in maps that are cut to the outer ones."""
        return Window(self.rows.within(outer.rows), self.cols.within(outer.cols))

    def of(self, maps: Tensor, fill: float = 0.0) -> Tensor:
        """The rectangles (N, C, h, w) of maps (N, C, H, W), filled up outside of them."""
        if self.is_whole:
            return maps
        size = self.rows.length, self.cols.length
        return _moved(maps, self.rows.start, self.cols.start, size, fill)

    def put_back(self, rectangles: Tensor) -> Tensor:
        """Maps (N, C, H, W) that are zero outside of the rectangles (N, C, h, w)."""
        if self.is_whole:
            return rectangles
        size = self.rows.side, self.cols.side
        return _moved(rectangles, -self.rows.start, -self.cols.start, size, 0.0)


@dataclass(frozen=True)
class Part:
    """How little of one layer is computed."""

    window: Window  # of its map
    reads: tuple[Window, ...]  # of each source, that being cut to its own window; with padding


def parts(
    network: Network, layer: str, units: Tensor, image_size: Sequence[int]
) -> dict[str, Part]:
    """What some units of a layer depend on.

    Args:
        network: Where the layer is.
        layer: Of the units, one that has maps.
        units: (N, 2) row and column of each, inside of the map.
        image_size: Height and width of the images.

    Returns:
        By layer, those on the way that need not be computed as a whole; `IMAGE` reads the picture.
    """
    stages, layers = network.plan([layer]), network.layers
    rows, cols = (_spans(network, stages, units.cpu()[:, i], image_size[i], i) for i in (0, 1))
    windows = {name: Window(rows[name], cols[name]) for name in rows}
    found = {IMAGE: Part(windows[IMAGE], (windows[IMAGE],))}
    for stage in stages:
        own, module = windows[stage.name], layers[stage.name]
        reads = (_read(module, own, windows[source]) for source in stage.sources)
        found[stage.name] = Part(own, tuple(reads))
    return {name: part for name, part in found.items() if not part.window.is_whole}


def map_size(network: Network, layer: str, image_size: Sequence[int]) -> tuple[int, int]:
    """Height and width of the maps of a layer that has some."""
    stages = network.plan([layer])
    height, width = (_sides(network, stages, image_size[i], i)[layer] for i in (0, 1))
    return height, width


def padding_of(layer: nn.Module) -> float:
    """What a layer takes to stand outside of a map."""
    return -torch.inf if isinstance(layer, nn.MaxPool2d) else 0.0


def run_padded(layer: nn.Module, *signals: Tensor) -> Tensor:
    """One step of the forward pass of a part, whose padding is there already."""
    if isinstance(layer, nn.MaxPool2d):
        return functional.max_pool2d(signals[0], layer.kernel_size, layer.stride)
    if isinstance(layer, nn.Conv2d):
        return functional.conv2d(
            signals[0], layer.weight, layer.bias, layer.stride, 0, layer.dilation, layer.groups
        )
    return run_layer(layer, *signals)


def _spans(
    network: Network, stages: Sequence[Stage], units: Tensor, image_side: int, axis: int
) -> dict[str, Span]:
    """Along one axis, for each layer, what the layers that it feeds read of it."""
    layers, sides = network.layers, _sides(network, stages, image_side, axis)
    read = {stages[-1].name: [Span(units, 1, sides[stages[-1].name])]}
    spans = {}
    for stage in reversed(stages):
        layer = layers[stage.name]
        span = _around(read[stage.name])
        if not isinstance(layer, SLIDING + AT_ONE_PLACE):
            span = _all(span)
        spans[stage.name] = span
        for source in stage.sources:
            reach = _reach(layer, span, sides[source], axis)
            read.setdefault(source, []).append(_all(reach) if span.is_whole else reach)
    return spans | {IMAGE: _around(read[IMAGE])}


def _sides(network: Network, stages: Sequence[Stage], image_side: int, axis: int) -> dict[str, int]:
    """Height or width of each layer's map."""
    sides = {IMAGE: image_side}
    for stage in stages:
        layer, side = network.layers[stage.name], sides[stage.sources[0]]
        if hasattr(layer, "kernel_size"):
            kernel, stride, padding = _sliding(layer, axis)
            hangs_over = getattr(layer, "ceil_mode", False)
            side = pooled_side(side, kernel, stride, hangs_over, padding)
        sides[stage.name] = side
    return sides


def _around(spans: Sequence[Span]) -> Span:
    """The smallest span around several of one map, pushed inside of it."""
    side = spans[0].side
    first = torch.stack([span.start for span in spans]).amin(0).clamp(min=0)
    last = torch.stack([span.start + span.length for span in spans]).amax(0).clamp(max=side)
    length = int((last - first).max())
    return Span(first.clamp(max=side - length), length, side)


def _all(span: Span) -> Span:
    return Span(torch.zeros_like(span.start), span.side, span.side)


def _read(layer: nn.Module, window: Window, source: Window) -> Window:
    """What a layer reads of a source, that being cut to its own window."""
    return Window(
        _reach(layer, window.rows, source.rows.side, 0),
        _reach(layer, window.cols, source.cols.side, 1),
    ).within(source)


def _reach(layer: nn.Module, span: Span, side: int, axis: int) -> Span:
    """The rows of a map of that side which a layer reads for a span of its own."""
    if not isinstance(layer, SLIDING):
        return Span(span.start, span.length, side)
    kernel, stride, padding = _sliding(layer, axis)
    return Span(span.start * stride - padding, (span.length - 1) * stride + kernel, side)


def _sliding(layer: nn.Module, axis: int) -> tuple[int, int, int]:
    """(kernel, stride, padding) of a layer along one axis."""

    def along(name: str, default: int) -> int:
        length = getattr(layer, name, default)
        return length if isinstance(length, int) else length[axis]

    kernel = (along("kernel_size", 1) - 1) * along("dilation", 1) + 1
    return kernel, along("stride", 1), along("padding", 0)


def _moved(maps: Tensor, down: Tensor, right: Tensor, size: tuple[int, int], fill: float) -> Tensor:
    """Of each map a rectangle of one size, so far down and to the right; channels last."""
    count, channels, height, width = maps.shape
    shape = count, *size, channels
    found = torch.full(shape, fill, dtype=maps.dtype, device=maps.device).permute(0, 3, 1, 2)
    for index, (top, left) in enumerate(zip(down.tolist(), right.tolist(), strict=True)):
        above, before = max(top, 0), max(left, 0)
        below, after = min(top + size[0], height), min(left + size[1], width)
        inside = maps[index, :, above:below, before:after]
        found[index, :, above - top : below - top, before - left : after - left] = inside
    return found
