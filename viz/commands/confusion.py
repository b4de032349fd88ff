"""python -m viz confusion: which classes the network takes for which."""

from __future__ import annotations

from typing import Literal

from viz import results
from viz.confusion import figure as confusion_figures
from viz.flags import Split, open_run, out_file
from viz.store.export import how_made, write
from viz.store.reporting import reporting


def confusion(
    run: str,
    *,
    views: Literal[1, 10] = 1,
    split: Split = "val",
    epoch: int | None = None,
    out: str | None = None,
    progress: str | None = None,
) -> None:
    """Which classes the network takes for which.

    What is found is kept in the run. .npz holds: confusion (K, K), images of class (row) that
    were taken for class (column).

    Args:
        run: Run folder.
        views: 10 for the mean of the paper's ten views.
        split: Images to look through.
        epoch: The last one if not given.
        out: File to write: .png, .svg, .pdf or .npz.
        progress: JSON file that tells how far it is, for other programs to read.
    """
    path = out_file(out)
    opened, at = open_run(run, epoch)
    with reporting("Looking at all images", progress) as told:
        found = results.evaluation(opened, at, split=split, views=views, progress=told)
        write(
            path,
            lambda: confusion_figures.confusion_figure(found.confusion, opened.classes),
            {"confusion": found.confusion.numpy()},
            how_made("confusion", opened, at, split=split, views=views),
        )
