"""The part of every map that some units depend on: the way up to them and back needs no more.

A unit of AlexNet's conv2 sees 51 of 224 px. Its value, and whatever is sent back from it, comes
from 5×5 units of pool1, 11×11 of conv1 and those pixels alone, so that is all that is computed. It
is exact: at the edge of a map a window is pushed back inside, and what a layer reads beyond the
edge is the padding that it would put there itself. Where that is no one number, as with reflecting
convolutions, and where a layer looks at the whole map, the whole is computed
(`viz.network.reach` says of which layers).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from training.geometry import IMAGE
from training.models import Network
from training.models.network import Stage
from viz.network.reach import Local, Reach, local, side_after

Sides = dict[str, tuple[int, int]]  # height and width of each layer's map


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

    @property
    def is_inside(self) -> bool:
        """Whether it reaches over no edge, for any of the units."""
        return bool(((self.start >= 0) & (self.start + self.length <= self.side)).all())

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

    @property
    def is_inside(self) -> bool:
        """Whether it reaches over no edge."""
        return self.rows.is_inside and self.cols.is_inside

    @property
    def sides(self) -> tuple[int, int]:
        """Height and width of the map."""
        return self.rows.side, self.cols.side

    @property
    def whole(self) -> Window:
        """All of the map, as often."""
        return _whole(len(self.rows.start), self.sides)

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
    how: Local | None = None  # the picture is not computed at all

    def run(self, *sources: Tensor) -> Tensor:
        """The part of the layer's map, from those of its sources, each cut to its own window."""
        assert self.how
        return self.how.run(*sources)

    def read(self, sources: Sequence[Tensor]) -> list[Tensor]:
        """What the layer reads of each source, filled up with its padding."""
        fill = self.how.fill if self.how and self.how.fill is not None else 0.0
        return [read.of(maps, fill) for read, maps in zip(self.reads, sources, strict=True)]


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
        None at all where the size of a map on the way is not known.
    """
    stages = network.plan([layer])
    sides = _sides(network, stages, image_size)
    if sides is None:
        return {}
    windows = _windows(network, stages, sides, units.cpu())
    found = {IMAGE: Part(windows[IMAGE], (windows[IMAGE],))}
    for stage in stages:
        how = local(network.layers[stage.name])
        own = windows[stage.name]
        if how and not own.is_whole:
            reads = (
                _read(how, own, sides[source]).within(windows[source]) for source in stage.sources
            )
            found[stage.name] = Part(own, tuple(reads), how)
    return {name: part for name, part in found.items() if not part.window.is_whole}


def map_size(network: Network, layer: str, image_size: Sequence[int]) -> tuple[int, int] | None:
    """Height and width of the maps of a layer that has some; None where only a pass would tell."""
    sides = _sides(network, network.plan([layer]), image_size)
    return None if sides is None else sides[layer]


def _windows(
    network: Network, stages: Sequence[Stage], sides: Sides, units: Tensor
) -> dict[str, Window]:
    """For each layer, what the layers that it feeds read of it."""
    last = stages[-1].name
    start = (Span(units[:, axis], 1, sides[last][axis]) for axis in (0, 1))
    read: dict[str, list[Window]] = {last: [Window(*start)]}
    windows = {}
    for stage in reversed(stages):
        how = local(network.layers[stage.name])
        own = _around(read[stage.name])
        if how is None or not _is_found_in(own, how, [sides[source] for source in stage.sources]):
            own = own.whole
        windows[stage.name] = own
        for source in stage.sources:
            if how is None or own.is_whole:
                reads = _whole(len(units), sides[source])
            else:
                reads = _read(how, own, sides[source])
            read.setdefault(source, []).append(reads)
    return windows | {IMAGE: _around(read[IMAGE])}


def _is_found_in(window: Window, how: Local, sources: Sequence[tuple[int, int]]) -> bool:
    """Whether a part of a layer's map can be computed from parts of what feeds it."""
    if how.reaches == (Reach(), Reach()):  # place by place, so no row of one is all rows of another
        return all(side == window.sides for side in sources)
    return how.fill is not None or _read(how, window, sources[0]).is_inside


def _sides(network: Network, stages: Sequence[Stage], image_size: Sequence[int]) -> Sides | None:
    """Height and width of each layer's map; None where one of them is not known."""
    sides: Sides = {IMAGE: (image_size[0], image_size[1])}
    for stage in stages:
        layer = network.layers[stage.name]
        height, width = (
            side_after(layer, [sides[source][axis] for source in stage.sources], axis)
            for axis in (0, 1)
        )
        if height is None or width is None:
            return None
        sides[stage.name] = height, width
    return sides


def _read(how: Local, window: Window, sides: tuple[int, int]) -> Window:
    """What a layer reads of a map for a window of its own, outside of it where there is padding."""
    spans = []
    for axis, own in enumerate((window.rows, window.cols)):
        reach = how.along(axis)
        start = own.start * reach.stride - reach.before
        spans.append(Span(start, (own.length - 1) * reach.stride + reach.size, sides[axis]))
    return Window(*spans)


def _whole(count: int, sides: tuple[int, int]) -> Window:
    rows, cols = (Span(torch.zeros(count, dtype=torch.int64), side, side) for side in sides)
    return Window(rows, cols)


def _around(windows: Sequence[Window]) -> Window:
    """The smallest window around several of one map, pushed inside of it."""
    return Window(_over([each.rows for each in windows]), _over([each.cols for each in windows]))


def _over(spans: Sequence[Span]) -> Span:
    side = spans[0].side
    first = torch.stack([span.start for span in spans]).amin(0).clamp(0, side - 1)
    last = torch.stack([span.start + span.length for span in spans]).amax(0).clamp(1, side)
    length = max(int((last - first).max()), 1)  # one row where only padding is read
    return Span(first.clamp(max=side - length), length, side)


def _moved(maps: Tensor, down: Tensor, right: Tensor, size: tuple[int, int], fill: float) -> Tensor:
    """Of each map a rectangle of one size, so far down and to the right; channels last."""
    count, channels, height, width = maps.shape
    shape = count, *size, channels
    found = torch.full(shape, fill, dtype=maps.dtype, device=maps.device).permute(0, 3, 1, 2)
    for index, (top, left) in enumerate(zip(down.tolist(), right.tolist(), strict=True)):
        above, before = max(top, 0), max(left, 0)
        below, after = min(top + size[0], height), min(left + size[1], width)
        if below <= above or after <= before:  # all of it lies in the padding
            continue
        inside = maps[index, :, above:below, before:after]
        found[index, :, above - top : below - top, before - left : after - left] = inside
    return found
