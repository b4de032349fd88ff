"""Convolution by hand: one unit worked out number by number, as a lecture does it on the board."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.errors import WorkbenchError
from training.geometry import IMAGE
from training.models import Network
from viz.network.layers import kind_of
from viz.network.reach import BEYOND, padded, reach, rows_of

LARGEST = 15  # side of a kernel that somebody types


@dataclass(frozen=True)
class ByHand:
    """A patch times a kernel, plane by plane; K planes of h×w numbers."""

    patch: Tensor  # (K, h, w), as the padding has it where the unit looks beyond the image
    kernel: Tensor  # (K, h, w)
    bias: float
    notes: tuple[str, ...] = ()  # what is to be known of the patch, a sentence each

    @property
    def product(self) -> Tensor:
        """(K, h, w), number by number."""
        return self.patch * self.kernel

    @property
    def sums(self) -> Tensor:
        """(K,) of each plane's products."""
        return self.product.double().sum((1, 2))

    @property
    def total(self) -> float:
        """What the unit says, before any activation function."""
        return float(self.sums.sum()) + self.bias


@dataclass(frozen=True)
class After:
    """What one of the next layers makes of the unit."""

    layer: str
    value: float
    words: str


def unit_by_hand(network: Network, image: Tensor, channel: int, row: int, col: int) -> ByHand:
    """One unit of the first convolution.

    Args:
        network: In evaluation mode.
        image: (3, H, W), normalised.
        channel: Of the unit.
        row: Of the unit in its map.
        col: Of the unit in its map.

    Raises:
        WorkbenchError: If there is no such unit, or the first layer is no plain convolution.
    """
    name, layer = first_convolution(network)
    kernel = layer.weight.detach().cpu()
    down, across = reach(layer, 0), reach(layer, 1)
    planes = _planes_below(network, image, name)
    height, width = down.side(planes.shape[1]), across.side(planes.shape[2])
    if not (0 <= channel < len(kernel) and 0 <= row < height and 0 <= col < width):
        raise WorkbenchError(
            f"{name} has {len(kernel)} channels of {height}×{width} units; there is no unit "
            f"({row}, {col}) of channel {channel}."
        )
    count = kernel.shape[1]  # of the planes that each group of channels sees
    first = channel // (len(kernel) // layer.groups) * count
    around = padded(layer, planes[None, first : first + count])[0]
    rows, columns = (
        slice(place * window.stride, place * window.stride + window.size, window.spread)
        for window, place in ((down, row), (across, col))
    )
    patch = around[:, rows, columns]
    bias = 0.0 if layer.bias is None else float(layer.bias[channel].detach())
    notes = _notes(network, name, channel, (row, col), planes)
    return ByHand(patch, kernel[channel], bias, tuple(notes))


def _notes(
    network: Network, name: str, channel: int, unit: tuple[int, int], planes: Tensor
) -> Iterator[str]:
    """What else is to be known of the patch that is shown."""
    _, layer = first_convolution(network)
    if (source := network.inputs[name][0]) != IMAGE:
        yield f"It sees what {source} makes of the picture."
    if layer.groups > 1:
        count = len(planes) // layer.groups
        first = channel // (layer.out_channels // layer.groups) * count
        which = f"{first}" if count == 1 else f"{first} to {first + count - 1}"
        yield f"Of the planes 0 to {len(planes) - 1} it sees {which} alone."
    windows = reach(layer, 0), reach(layer, 1)
    if (spread := tuple(window.spread for window in windows)) != (1, 1):
        yield f"Its rows lie {spread[0]} px apart and its columns {spread[1]} px: dilation."
    seen = [window.rows(place) for window, place in zip(windows, unit, strict=True)]
    if any(min(at) < 0 or max(at) >= side for at, side in zip(seen, planes.shape[1:], strict=True)):
        yield f"Beyond the picture stands {BEYOND[layer.padding_mode]}: the padding."


@torch.no_grad()
def _planes_below(network: Network, image: Tensor, name: str) -> Tensor:
    """What the layer sees: the image's planes, or the one grey plane that LeNet-5 makes of them."""
    source = network.inputs[name][0]
    if source == IMAGE:
        return image.detach().cpu()
    return network.activations(image[None].to(network.device), [source])[source][0].cpu()


@torch.no_grad()
def what_follows(network: Network, image: Tensor, channel: int, row: int, col: int) -> list[After]:
    """What activation function, normalisation and pooling make of a unit of the first layer.

    Up to the first pooling layer or the next convolution, whichever comes first.

    Args:
        network: In evaluation mode.
        image: (3, H, W), normalised.
        channel: Of the unit.
        row: Of the unit in its map.
        col: Of the unit in its map.
    """
    first, _ = first_convolution(network)
    names = _chain_after(network, first)
    batch = image[None].to(network.device)
    maps = network.activations(batch, [first, *names])
    found: list[After] = []
    before = first
    for name in names:
        layer = network.layers[name]
        if maps[name].shape[1] != maps[before].shape[1]:  # its channels are others
            break
        if kind_of(layer) == "pooling":
            found.append(_pooled(name, layer, maps[before][0], maps[name][0], channel, row, col))
            break
        value = float(maps[name][0, channel, row, col])
        found.append(After(name, value, type(layer).__name__))
        before = name
    return found


def first_convolution(network: Network) -> tuple[str, nn.Conv2d]:
    """Name and layer.

    Raises:
        WorkbenchError: If it is no plain convolution.
    """
    name = network.convolutions[0]
    layer = network.layers[name]
    if type(layer) is not nn.Conv2d:  # a subclass may do anything
        raise WorkbenchError(f"{name} is no plain convolution, and cannot be worked out by hand.")
    return name, layer


def _chain_after(network: Network, first: str) -> list[str]:
    """The layers that only pass on the first one's maps, up to the first pooling."""
    names: list[str] = []
    name = first
    while True:
        readers = [reader for reader, sources in network.inputs.items() if sources == (name,)]
        if len(readers) != 1 or kind_of(network.layers[readers[0]]) not in (
            "activation",
            "normalisation",
            "pooling",
        ):
            return names
        name = readers[0]
        names.append(name)
        if kind_of(network.layers[name]) == "pooling":
            return names


def _pooled(
    name: str, layer: nn.Module, below: Tensor, above: Tensor, channel: int, row: int, col: int
) -> After:
    """The pooling window that the unit lies in, the one nearest to it where there are several."""
    windows = [
        _nearest(layer, axis, at, below.shape[1 + axis], above.shape[1 + axis])
        for axis, at in enumerate((row, col))
    ]
    (down, rows), (across, columns) = windows
    window = below[channel][rows][:, columns]
    value, own = float(above[channel, down, across]), float(below[channel, row, col])
    words = f"window of {window.shape[0]}×{window.shape[1]} units at ({down}, {across})"
    if isinstance(layer, nn.MaxPool2d | nn.AdaptiveMaxPool2d) and row in rows and col in columns:
        if bool((window == value).all()):
            words += ", where all say the same"
        else:
            words += ", which this unit wins" if own == value else ", which another unit wins"
    return After(name, value, words)


def _nearest(layer: nn.Module, axis: int, at: int, side: int, places: int) -> tuple[int, list[int]]:
    """A pooling window along one axis: its place, and the rows of the map that it looks at."""
    seen = [rows_of(layer, axis, place, side, places) for place in range(places)]

    def distance(place: int) -> tuple[bool, int, int]:
        middle = seen[place][(len(seen[place]) - 1) // 2]
        return at not in seen[place], abs(at - middle), -place

    place = min(range(places), key=distance)
    return place, [row for row in seen[place] if 0 <= row < side]


def typed_kernel(text: str) -> Tensor:
    """A kernel out of what somebody typed: a row a line, numbers with spaces or commas between.

    Returns:
        (1, h, w).

    Raises:
        WorkbenchError: If it is empty, ragged, too large or no numbers.
    """
    lines = [re.split(r"[\s,;]+", line.strip(" \t,;[]")) for line in text.strip().splitlines()]
    try:
        rows = [[float(number) for number in line if number] for line in lines]
    except ValueError as error:
        raise WorkbenchError(f"The kernel is not all numbers: {error}.") from error
    rows = [row for row in rows if row]
    if not rows or len({len(row) for row in rows}) > 1:
        raise WorkbenchError(
            "A kernel has one row a line, all of the same length, such as\n-1 0 1\n-2 0 2\n-1 0 1"
        )
    if max(len(rows), len(rows[0])) > LARGEST:
        raise WorkbenchError(
            f"The kernel has {len(rows)}×{len(rows[0])} numbers; at most {LARGEST}×{LARGEST} can "
            "be followed by eye."
        )
    kernel = torch.tensor(rows)[None]
    if not kernel.isfinite().all():
        raise WorkbenchError("The kernel is not all finite numbers.")
    return kernel


def slide(kernel: Tensor, picture: Tensor) -> Tensor:
    """The map of a typed kernel over a picture, (h, w) of the places where it fits whole.

    Args:
        kernel: (1, h, w).
        picture: (1, H, W).

    Raises:
        WorkbenchError: If the picture is smaller than the kernel.
    """
    if kernel.shape[1] > picture.shape[1] or kernel.shape[2] > picture.shape[2]:
        raise WorkbenchError("The kernel is larger than the picture.")
    return functional.conv2d(picture[None], kernel[None])[0, 0]


CURVE = torch.tensor(
    [
        [0, 0, 0, 0, 0, 30, 0],
        [0, 0, 0, 0, 30, 0, 0],
        [0, 0, 0, 30, 0, 0, 0],
        [0, 0, 0, 30, 0, 0, 0],
        [0, 0, 0, 30, 0, 0, 0],
        [0, 0, 0, 30, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0],
    ],
    dtype=torch.float32,
)[None]
"""The lecture's detector of a curve: 30 along the curve, 0 elsewhere."""

LECTURE: Mapping[str, Tensor] = {
    "on the curve": torch.tensor(
        [
            [0, 0, 0, 0, 0, 0, 30],
            [0, 0, 0, 0, 50, 50, 50],
            [0, 0, 0, 20, 50, 0, 0],
            [0, 0, 0, 50, 50, 0, 0],
            [0, 0, 0, 50, 50, 0, 0],
            [0, 0, 0, 50, 50, 0, 0],
            [0, 0, 0, 50, 50, 0, 0],
        ],
        dtype=torch.float32,
    )[None],
    "elsewhere": torch.tensor(
        [
            [0, 0, 0, 0, 0, 0, 0],
            [0, 40, 0, 0, 0, 0, 0],
            [40, 0, 40, 0, 0, 0, 0],
            [40, 20, 0, 0, 0, 0, 0],
            [0, 50, 0, 0, 0, 0, 0],
            [0, 0, 50, 0, 0, 0, 0],
            [25, 25, 0, 50, 0, 0, 0],
        ],
        dtype=torch.float32,
    )[None],
}
"""Two patches of a drawing: on its curve the detector says 6600, at the other place 0."""
