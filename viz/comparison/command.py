"""python -m viz comparison: the curves of several variants over each other."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from training.comparison import Comparison
from training.errors import WorkbenchError
from viz.comparison.along_figure import along_figure
from viz.comparison.compute import (
    arrays_along,
    arrays_of,
    how_compared,
    learning_curves,
    lines_along,
)
from viz.comparison.figure import comparison_figure
from viz.store.export import check_out, write


def comparison(comparison: str, *, out: str | None = None) -> None:
    """Curves of all variants of a comparison, or what they came to along the recipe's axis.

    .npz holds, for each run <variant>-seed<k>: <run>-epoch, <run>-train_error, <run>-val_error;
    along an axis, for each line: <line>-at, <line>-accuracy, <line>-deviation, <line>-paper.

    Args:
        comparison: Folder written by `python -m training compare`.
        out: File to write: .png, .svg, .pdf or .npz; figure.svg and figure.png in that folder if
            not given.
    """
    if out is not None:
        check_out(Path(out))
    opened = Comparison.open(comparison)
    names = ("figure.svg", "figure.png")
    paths = [opened.path / name for name in names] if out is None else [Path(out)]
    curves, lines = learning_curves(opened), lines_along(opened) if opened.axis else []
    if not curves:
        raise WorkbenchError(f"{opened.name} has no epoch yet. Wait for the first, or train on.")
    title = opened.config["title"]
    if opened.axis is not None and lines:
        draw = partial(along_figure, lines, opened.axis, title=title)
        arrays = arrays_along(lines)
    else:
        draw = partial(
            comparison_figure, curves, title=title, paper=opened.paper, threshold=opened.until
        )
        arrays = arrays_of(curves)
    for path in paths:
        write(path, draw, arrays, how_compared(opened))
