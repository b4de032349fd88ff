"""python -m viz comparison: the curves of several variants over each other."""

from __future__ import annotations

from pathlib import Path

from training.comparison import Comparison
from training.errors import WorkbenchError
from viz.comparison.compute import arrays_of, how_compared, learning_curves
from viz.comparison.figure import comparison_figure
from viz.store.export import check_out, write


def comparison(comparison: str, *, out: str | None = None) -> None:
    """Curves of all variants of a comparison.

    .npz holds, for each run <variant>-seed<k>: <run>-epoch, <run>-train_error, <run>-val_error.

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
    curves = learning_curves(opened)
    if not curves:
        raise WorkbenchError(f"{opened.name} has no epoch yet. Wait for the first, or train on.")
    for path in paths:
        write(
            path,
            lambda: comparison_figure(
                curves,
                title=opened.config["title"],
                paper=opened.paper,
                threshold=opened.until,
            ),
            arrays_of(curves),
            how_compared(opened),
        )
