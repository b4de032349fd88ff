"""metrics.csv: what each epoch of a run came to, one line an epoch."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

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


def read_metrics(path: Path) -> pd.DataFrame:
    """metrics.csv with the columns of `METRICS`; lines that are not whole are left out."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        text = ""
    whole = text[: text.rfind("\n") + 1]  # the last line may be half-written
    rows = [row for row in csv.DictReader(whole.splitlines()) if _is_whole(row)]
    table = pd.DataFrame(rows, columns=list(METRICS)).astype(float)
    return table.astype({"epoch": int})


def _is_whole(row: Mapping[str | None, Any]) -> bool:
    try:
        return len([float(row[name]) for name in METRICS]) == len(row)
    except (KeyError, TypeError, ValueError):
        return False
