"""What a pickle says of numpy's arrays, without numpy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class Numbers:
    """numpy's dtype, as far as it is numbers: <f4."""

    def __init__(self, code: str = "", *_flags: Any) -> None:
        self.code, self.order = str(code), "="

    def __setstate__(self, state: Sequence[Any]) -> None:
        self.order = str(state[1])


class Array:
    """numpy's array."""

    data: Any = b""
    dtype = ""
    shape: tuple[int, ...] = ()
    fortran = False

    def __setstate__(self, state: Sequence[Any]) -> None:
        _version, shape, numbers, self.fortran, self.data = state
        self.shape, self.dtype = tuple(shape), f"{numbers.order}{numbers.code}"


def empty_array(*_given: Any) -> Array:
    return Array()


def array_from(data: Any, numbers: Numbers, shape: Sequence[int], order: str = "C") -> Array:
    array = Array()
    array.__setstate__((1, shape, numbers, order == "F", bytes(data)))
    return array
