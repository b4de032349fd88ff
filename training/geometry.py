"""Which square of the image a unit of a feature map sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import nn

from training.errors import WorkbenchError


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


def receptive_fields(layers: Mapping[str, nn.Module]) -> dict[str, ReceptiveField]:
    """The receptive field of every spatial layer, by the layer's name.

    The list ends before the first fully connected layer, whose units see the whole image.

    Args:
        layers: Name to module, in forward order.

    Raises:
        WorkbenchError: If a layer's geometry is not a square window.
    """
    fields: dict[str, ReceptiveField] = {}
    field = ReceptiveField()
    for name, layer in layers.items():
        if isinstance(layer, nn.Linear):
            break
        if isinstance(layer, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d):
            field = field.after(
                _side(name, layer.kernel_size),
                _side(name, layer.stride),
                _side(name, layer.padding),
            )
        fields[name] = field
    return fields


def _side(name: str, length: int | tuple[int, ...] | str) -> int:
    """A window's length where it is the same both ways."""
    if isinstance(length, int):
        return length
    if isinstance(length, tuple) and len(set(length)) == 1:
        return length[0]
    raise WorkbenchError(
        f"Layer {name} has a window of {length}; receptive fields need square windows."
    )
