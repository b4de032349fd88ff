"""Convolution by hand: one unit worked out number by number, as a lecture does it on the board."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.errors import WorkbenchError
from training.geometry import IMAGE
from training.models import Network
from viz.network.layers import kind_of

LARGEST = 15  # side of a kernel that somebody types


@dataclass(frozen=True)
class ByHand:
    """A patch times a kernel, plane by plane; K planes of h×w numbers."""

    patch: Tensor  # (K, h, w), 0 where the unit looks beyond the image
    kernel: Tensor  # (K, h, w)
    bias: float

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
    (down, right), (height, width) = layer.stride, layer.kernel_size
    pad_rows, pad_columns = cast(tuple[int, int], layer.padding)
    planes = _planes_below(network, image, name)
    padded = functional.pad(planes, (pad_columns, pad_columns, pad_rows, pad_rows))
    rows = (padded.shape[1] - height) // down + 1
    columns = (padded.shape[2] - width) // right + 1
    if not (0 <= channel < len(kernel) and 0 <= row < rows and 0 <= col < columns):
        raise WorkbenchError(
            f"{name} has {len(kernel)} channels of {rows}×{columns} units; there is no unit "
            f"({row}, {col}) of channel {channel}."
        )
    top, left = row * down, col * right
    patch = padded[:, top : top + height, left : left + width]
    bias = 0.0 if layer.bias is None else float(layer.bias[channel].detach())
    return ByHand(patch, kernel[channel].expand_as(patch), bias)


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
        WorkbenchError: If it is no plain convolution of one group.
    """
    name = network.convolutions[0]
    layer = network.layers[name]
    if not isinstance(layer, nn.Conv2d) or layer.groups != 1 or isinstance(layer.padding, str):
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
    kernel, stride, padding = (
        _first(getattr(layer, what)) for what in ("kernel_size", "stride", "padding")
    )
    place = [
        min(max((at + padding - (kernel - 1) // 2 + stride // 2) // stride, 0), side - 1)
        for at, side in zip((row, col), above.shape[1:], strict=True)
    ]
    starts = [max(at * stride - padding, 0) for at in place]
    ends = [
        min(at * stride - padding + kernel, side)
        for at, side in zip(place, below.shape[1:], strict=True)
    ]
    window = below[channel, starts[0] : ends[0], starts[1] : ends[1]]
    value, own = float(above[channel, place[0], place[1]]), float(below[channel, row, col])
    inside = starts[0] <= row < ends[0] and starts[1] <= col < ends[1]
    words = f"window of {window.shape[0]}×{window.shape[1]} units at ({place[0]}, {place[1]})"
    if isinstance(layer, nn.MaxPool2d) and inside:
        if bool((window == value).all()):
            words += ", where all say the same"
        else:
            words += ", which this unit wins" if own == value else ", which another unit wins"
    return After(name, value, words)


def _first(number: int | tuple[int, ...]) -> int:
    return number[0] if isinstance(number, tuple) else number


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
