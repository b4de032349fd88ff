"""layers.csv: what training did to each layer, a row for each epoch and layer."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from training.metrics import LAST_EPOCH, put_lines, whole_lines

if TYPE_CHECKING:
    from training.monitor import Activity, Motion

COLUMNS = (
    "epoch",
    "layer",
    "weight_norm",
    "gradient_norm",
    "update_norm",
    "update_ratio",
    "dead",
)
"""Norms are means over the measured steps and empty for layers without weights; `dead` is a share
of the layer's units in [0, 1] and empty where the layer is not rectified."""

Row = dict[str, Any]


def rows_of(epoch: int, order: Sequence[str], motion: Motion, seen: Activity) -> list[Row]:
    """An epoch's lines.

    Args:
        epoch: Its number.
        order: Names of the network's layers, first to last.
        motion: How the weights moved in it.
        seen: Which units were silent after it.
    """
    moved = {
        layer: {
            "weight_norm": _mean(motion.weight[:, place]),
            "gradient_norm": _mean(motion.gradient[:, place]),
            "update_norm": _mean(motion.update[:, place]),
            "update_ratio": _mean(motion.ratio[:, place]),
        }
        for place, layer in enumerate(motion.layers)
    }
    silent = {layer: {"dead": share} for layer, share in seen.dead.items()}
    return [
        {"epoch": epoch, "layer": layer} | moved.get(layer, {}) | silent.get(layer, {})
        for layer in order
        if layer in moved or layer in silent
    ]


def _mean(norms: np.ndarray) -> str:
    return f"{norms.mean():.6g}"  # as exact as float32 is


def append_rows(path: Path, rows: Sequence[Row]) -> None:
    """Add lines to the file, which is made if it is not there; a line that was torn goes."""
    lines = io.StringIO()
    csv.DictWriter(lines, COLUMNS, lineterminator="\n").writerows(rows)
    put_lines(path, [*(whole_lines(path) or [",".join(COLUMNS)]), *lines.getvalue().splitlines()])


def read_rows(path: Path) -> pd.DataFrame:
    """The file with the columns of `COLUMNS`; empty where there is none, broken lines left out."""
    rows = [row for line in whole_lines(path)[1:] if (row := _parsed(line)) is not None]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    numbers = {name: float for name in COLUMNS if name != "layer"}
    return table.astype(numbers).astype({"epoch": int, "layer": str})


def cut_rows(path: Path, last: int) -> None:
    """Drop what was written for epochs after the last one that counts, and broken lines."""
    if not path.exists():
        return
    header, *lines = whole_lines(path) or [",".join(COLUMNS)]
    kept = [line for line in lines if (row := _parsed(line)) is not None and row["epoch"] <= last]
    put_lines(path, [header, *kept])


def _parsed(line: str) -> Row | None:
    """A line as numbers, NaN where nothing stands; None if it is not whole."""
    try:
        [cells] = csv.reader([line.rstrip("\r")], strict=True)
        row: Mapping[str, str] = dict(zip(COLUMNS, cells, strict=True))
        numbers = {name: float(row[name] or "nan") for name in COLUMNS if name != "layer"}
        epoch = int(row["epoch"])
    except (ValueError, csv.Error):
        return None
    if not 0 <= epoch <= LAST_EPOCH:
        return None
    return numbers | {"epoch": epoch, "layer": row["layer"]}
