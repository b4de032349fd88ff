"""Where the object of an image is: the table boxes.csv in a folder data set.

One line an image, below the names of the columns: path,x0,y0,x1,y1. The path is relative to the
data set, with /; the numbers are the first and the last column and row of pixels that belong to
the object, in the picture as it is seen upright.
"""

import csv
import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.data.source import listing
from training.errors import WorkbenchError

TABLE = "boxes.csv"
COLUMNS = ("path", "x0", "y0", "x1", "y1")
UNKNOWN = (-1, -1, -1, -1)

Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels, half open."""


@dataclass(frozen=True)
class BoxTable:
    """The lines of a table that can be used, and what was wrong with the others."""

    boxes: Mapping[str, Box]  # by path, in pixels of the file
    digest: str  # changes whenever the table does
    notices: tuple[str, ...] = ()

    def of(self, paths: Sequence[str]) -> np.ndarray:
        """(N, 4) int32: left, top, right, bottom, half open; -1 where there is no box."""
        rows = [self.boxes.get(path, UNKNOWN) for path in paths]
        return np.array(rows, dtype=np.int32).reshape(-1, 4)


def read_boxes(root: Path, paths: Collection[str]) -> BoxTable | None:
    """The boxes of a data set's images, or None where it has no table of them.

    Args:
        root: The data set's folder.
        paths: Of its images; boxes of others are left out with a notice.

    Raises:
        WorkbenchError: If the table is no text, or lacks a column.
    """
    table = root / TABLE
    if not table.is_file():
        return None
    try:
        content = table.read_bytes()
        lines = list(csv.reader(content.decode("utf-8-sig").splitlines()))
    except (OSError, UnicodeError, csv.Error) as error:
        raise WorkbenchError(f"Cannot read {table} ({error}). {_EXPECTED}") from error
    header = [name.strip().lower() for name in lines[0]] if lines else []
    if not set(COLUMNS) <= set(header):
        found = ",".join(header)[:60] or "nothing"
        raise WorkbenchError(f"The first line of {table} says {found}. {_EXPECTED}")
    found_at = [header.index(name) for name in COLUMNS]
    return _table(lines[1:], found_at, set(paths), hashlib.sha256(content).hexdigest()[:20])


_EXPECTED = (
    f"Save it as UTF-8 text whose first line is {','.join(COLUMNS)} and the others like "
    "train/cat/1.jpg,0,10,63,58, or remove it."
)


def _table(
    lines: Sequence[Sequence[str]], columns: Sequence[int], paths: Collection[str], digest: str
) -> BoxTable:
    boxes: dict[str, Box] = {}
    malformed, missing, again = [], [], []
    for number, path, box in _rows(lines, columns):
        if box is None:
            malformed.append(f"line {number}")
        elif path not in paths:
            missing.append(path)
        elif path in boxes:
            again.append(path)
        else:
            boxes[path] = box
    faults = {
        "lines that are no box": malformed,
        "boxes of images that are not there": missing,
        "further boxes of an image that has one": again,
    }
    notices = [
        f"{TABLE}: {what}, left out: {len(names):,} ({listing(names)})."
        for what, names in faults.items()
        if names
    ]
    return BoxTable(boxes, digest, tuple(notices))


def _rows(
    lines: Sequence[Sequence[str]], columns: Sequence[int]
) -> Iterator[tuple[int, str, Box | None]]:
    """Number of the line in the file, path and box; None for what is no box."""
    for number, line in enumerate(lines, 2):
        if not line:
            continue
        try:
            path, *edges = (line[column].strip() for column in columns)
            left, top, right, bottom = (int(edge) for edge in edges)
        except (ValueError, IndexError):
            yield number, "", None
            continue
        is_box = 0 <= left <= right < 2**31 - 1 and 0 <= top <= bottom < 2**31 - 1
        yield number, path, (left, top, right + 1, bottom + 1) if is_box else None
