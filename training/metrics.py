"""metrics.csv: what each epoch of a run came to, one line an epoch."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from training.atomic import write_text
from training.errors import WorkbenchError
from training.guarded import LARGEST_TEXT, opened

METRICS = (
    "epoch",
    "train_loss",
    "train_top1",
    "val_loss",
    "val_top1",
    "val_top5",
    "lr",
    "seconds",
    "images_per_s",
)
HEADER = ",".join(METRICS)
LAST_EPOCH = 10**9
Row = dict[str, float]
"""A line of metrics.csv."""


def read_metrics(path: Path) -> pd.DataFrame:
    """metrics.csv with the columns of `METRICS`; lines that are not whole are left out."""
    rows = (row for _line, row in _rows(path) if row is not None)
    by_epoch = {row["epoch"]: row for row in rows}  # an epoch done again counts as it went last
    table = pd.DataFrame(by_epoch.values(), columns=list(METRICS)).astype(float)
    return table.astype({"epoch": int})


def bad_lines(path: Path) -> list[int]:
    """Numbers of the lines that are left out, the header being line 1."""
    return [number for number, row in _rows(path) if row is None]


def append_row(path: Path, row: Row) -> None:
    """Add an epoch's line; a line that was torn before it goes."""
    cells = [int(row["epoch"]), *(row[name] for name in METRICS[1:])]
    put_lines(path, [*(whole_lines(path) or [HEADER]), ",".join(map(str, cells))])


def cut_rows(path: Path, last: int) -> None:
    """Drop what was written for epochs after the last one that counts, and a torn line."""
    header, *lines = whole_lines(path) or [HEADER]
    rows = {number: row for number, row in _rows(path) if row is not None}
    kept = [
        line
        for number, line in enumerate(lines, 2)
        if number not in rows or rows[number]["epoch"] <= last
    ]
    put_lines(path, [header, *kept])


def put_lines(path: Path, lines: Sequence[str]) -> None:
    """Write a table anew, in one step, if it is another one."""
    text = "".join(f"{line}\n" for line in lines)
    if not path.exists() or path.read_bytes() != text.encode():
        write_text(path, text)


def whole_lines(path: Path) -> list[str]:
    """The lines of a table that anybody may be writing; what is no text stands as a sign for it.

    Raises:
        WorkbenchError: If it may not be read.
    """
    try:
        with opened(path, WorkbenchError, within=path.parent) as file:
            text = file.read(LARGEST_TEXT).decode("utf-8", "replace")
    except WorkbenchError as error:
        if error.code != "gone":
            raise
        return []
    return text.split("\n")[:-1]  # the last line may be half-written


def _rows(path: Path) -> Iterator[tuple[int, Row | None]]:
    """Each line's number, with its row if it is whole."""
    header, *lines = whole_lines(path) or [""]
    names = tuple(header.rstrip("\r").split(","))
    for number, line in enumerate(lines, 2):
        if line.strip():
            yield number, _row(names, line)


def _row(names: tuple[str, ...], line: str) -> Row | None:
    try:
        [cells] = csv.reader([line.rstrip("\r")], strict=True)
        stored: Mapping[str, Any] = dict(zip(names, cells, strict=True))
        row = {name: float(stored[name]) for name in METRICS}
    except (KeyError, ValueError, csv.Error):
        return None
    is_epoch = 0 <= row["epoch"] <= LAST_EPOCH and row["epoch"] == math.floor(row["epoch"])
    are_shares = all(0 <= row[name] <= 1 for name in ("train_top1", "val_top1", "val_top5"))
    return row if is_epoch and are_shares and len(names) == len(METRICS) else None
