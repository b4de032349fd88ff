"""What a file of weights holds: tensors by name, of which only shapes are read at first."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Stored:
    """A tensor in a file, of which nothing but the shape has been read."""

    shape: tuple[int, ...]
    load: Callable[[], Tensor]
    at: Hashable  # two that lie at one place are the same tensor

    @classmethod
    def holding(cls, value: Tensor) -> Stored:
        """A tensor that has been read."""
        return cls(tuple(value.shape), lambda: value, id(value))


@dataclass(frozen=True)
class Contents:
    """What a file of weights holds."""

    file: str  # its name, for messages
    dicts: Mapping[str, Mapping[str, Stored]]
    """By the keys that lead to them ("" at the top, "state_dict", "ema.model"), tensors by name."""
    ordered: bool = True  # whether they stand as their author's network has them
    told: tuple[str, ...] = ()  # what was found, a sentence each

    @property
    def names(self) -> list[str]:
        """Of all tensors, without the keys that lead to them."""
        return [name for tensors in self.dicts.values() for name in tensors]
