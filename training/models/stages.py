"""The convolutions of the AlexNet family by arithmetic alone: sides, receptive fields, work.

No network is built, so that also sizes that fit no network have an answer: where the map shrinks
to nothing, and why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from training.geometry import ReceptiveField
from training.models.pooling import pooled_side


@dataclass(frozen=True)
class Stage:
    """One convolution and, if it has one, its pooling."""

    name: str  # conv1
    side: int  # of the convolution's map, units; 0 where nothing is left
    pooled: int  # of the map after pooling; the same where there is none
    field: ReceptiveField  # of a unit of the convolution, input px
    parameters: int  # weights and biases
    work: int  # multiply-accumulates of one image
    fault: str | None = None  # why nothing is left

    @property
    def left(self) -> int:
        """Side of the map that the next stage gets; 0 where nothing is left."""
        return 0 if self.fault else self.pooled


def stages(options: Mapping[str, Any]) -> list[Stage]:
    """Every convolution with its map, up to the first of which nothing is left.

    Args:
        options: All options of an `AlexNet`, by name; lists of one entry a convolution.
    """
    found: list[Stage] = []
    side, channels, field = options["image_size"], options["channels"], ReceptiveField()
    table = [options[name] for name in ("widths", "kernels", "strides", "paddings", "groups")]
    for number, sizes in enumerate(zip(*table, strict=True), start=1):
        name = f"conv{number}"
        seen, count, work, before, fault = field, 0, 0, side, None
        if name not in options["without"]:
            width, kernel, stride, padding, groups = sizes
            side = (side + 2 * padding - kernel) // stride + 1
            field = seen = field.after(kernel, stride, padding)
            weights = kernel**2 * (channels // groups) * width
            count, work = weights + width, weights * max(side, 0) ** 2
            channels = width
            if side < 1:
                fault = _too_large(f"a kernel of {kernel} px", before, padding)
        pooled = side
        if fault is None and number in options["pool_after"]:
            window, step = options["pool_kernel"], options["pool_stride"]
            pooled = pooled_side(side, window, step, options["pool_ceil"])
            field = field.after(window, step)
            if pooled < 1:
                fault = _too_large(f"a pooling window of {window} px", side, 0)
        found.append(Stage(name, max(side, 0), max(pooled, 0), seen, count, work, fault))
        if fault is not None:
            break
        side = pooled
    return found


def _too_large(window: str, side: int, padding: int) -> str:
    """A kernel of 11 px does not fit into a map of 4 × 4 with 2 px of padding around it."""
    around = f" with {padding} px of padding around it" if padding else ""
    return f"{window} does not fit into a map of {side} × {side}{around}: nothing is left"
