"""Which square of the image a unit of a feature map sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

from torch import nn

from training.errors import WorkbenchError

IMAGE = "image"  # the name by which layers call the picture itself


@dataclass(frozen=True, slots=True)
class ReceptiveField:
    """Square of the input behind one unit of a feature map. All lengths are input pixels."""

    size: int = 1
    stride: int = 1  # between the squares of neighbouring units
    start: int = 0  # top and left edge for unit (0, 0); negative inside the padding

    def after(self, kernel: int, stride: int = 1, padding: int = 0) -> ReceptiveField:
        """The square seen through one more convolution or pooling layer."""
        return ReceptiveField(
            size=self.size + (kernel - 1) * self.stride,
            stride=self.stride * stride,
            start=self.start - padding * self.stride,
        )

    def box(self, row: int, col: int) -> tuple[int, int, int, int]:
        """(top, left, bottom, right) of unit (row, col), half open; may leave the image."""
        top = self.start + row * self.stride
        left = self.start + col * self.stride
        return top, left, top + self.size, left + self.size

    def joined(self, other: ReceptiveField) -> ReceptiveField:
        """The smallest square around both: a unit that adds up two branches sees that.

        Raises:
            WorkbenchError: If the branches step through the image differently.
        """
        if self.stride != other.stride:
            raise WorkbenchError(
                f"Branches with strides of {self.stride} and {other.stride} px meet in one layer; "
                "their units see different places."
            )
        start = min(self.start, other.start)
        end = max(self.start + self.size, other.start + other.size)
        return ReceptiveField(end - start, self.stride, start)


class SeesAll(nn.Module):
    """A layer whose numbers are about all of a map: of no one place."""


_NO_PLACE = (nn.Linear, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d, nn.Flatten, SeesAll)


def receptive_fields(
    layers: Mapping[str, nn.Module], inputs: Mapping[str, tuple[str, ...]]
) -> dict[str, ReceptiveField]:
    """The receptive field of every spatial layer, by the layer's name.

    A fully connected layer and a mean over the whole map end it: their units, and all those that
    they feed, see the whole image.

    Args:
        layers: Name to module, in forward order.
        inputs: By layer, the names of what feeds it.

    Raises:
        WorkbenchError: If a layer's geometry is not a square window.
    """
    fields = {IMAGE: ReceptiveField()}
    for name, layer in layers.items():
        if isinstance(layer, _NO_PLACE):
            continue
        if not all(source in fields for source in inputs[name]):
            continue
        field = reduce(ReceptiveField.joined, (fields[source] for source in inputs[name]))
        if hasattr(layer, "kernel_size"):
            spread = _side(name, getattr(layer, "dilation", 1))
            around = (_side(name, layer.kernel_size) - 1) * spread
            padding: Any = layer.padding
            if isinstance(padding, str):
                padding = around // 2 if padding == "same" else 0
            field = field.after(around + 1, _side(name, layer.stride), _side(name, padding))
        fields[name] = field
    del fields[IMAGE]
    return fields


def _side(name: str, length: Any) -> int:
    """A window's length where it is the same both ways."""
    if isinstance(length, int):
        return length
    if isinstance(length, tuple) and len(set(length)) == 1:
        return length[0]
    raise WorkbenchError(
        f"Layer {name} has a window of {length}; receptive fields need square windows."
    )
