"""The string that names a data set: family:PLACE, perhaps a few images of each class of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_FEW = re.compile(r"few:([1-9][0-9]{0,6}):([0-9]{1,19}):(.+)", re.DOTALL)


@dataclass(frozen=True)
class Few:
    """How many training images of each class, and which: `few:30:0:caltech101:ROOT`."""

    count: int
    seed: int
    data: str  # name of the data set that they are drawn from

    @classmethod
    def read(cls, spec: str) -> Few | None:
        """What a data set's name says of it; None if it is a whole data set's."""
        found = _FEW.fullmatch(spec)
        return cls(int(found[1]), int(found[2]), found[3]) if found else None

    def __str__(self) -> str:
        return f"few:{self.count}:{self.seed}:{self.data}"


def whole(spec: str) -> str:
    """The data set that the images are of, all of them."""
    few = Few.read(spec)
    return few.data if few else spec


def place_of(spec: str) -> str:
    """Where a data set lies."""
    return whole(spec).partition(":")[2]


def without_place(spec: str) -> str:
    """What a data set is called; where it lies is nobody else's business."""
    family, _colon, place = whole(spec).partition(":")
    name = Path(place).name if family == "folder" else family
    few = Few.read(spec)
    return f"{name}, {few.count} a class" if few else name
