"""python -m viz mistakes: the images that the network is most wrong about."""

from __future__ import annotations

from typing import Literal

from matplotlib.figure import Figure

from training.errors import WorkbenchError
from viz import results
from viz.flags import Split, open_run, out_file
from viz.mistakes import MOST, Order
from viz.mistakes import figure as mistakes_figures
from viz.results import split_of
from viz.store.cache import to_arrays
from viz.store.export import how_made, write
from viz.store.reporting import reporting


def mistakes(
    run: str,
    *,
    order: Order = "surest",
    k: int = 8,
    views: Literal[1, 10] = 1,
    split: Split = "val",
    epoch: int | None = None,
    out: str | None = None,
    progress: str | None = None,
) -> None:
    """The images that the network is most wrong about, with its five best guesses.

    What is found is kept in the run. .npz holds: index, label, truth (k), guess, probability
    (k, 5).

    Args:
        run: Run folder.
        order: surest: wrong with the highest probability; worst: with the lowest probability of
            the true class.
        k: Images wanted, at most 64.
        views: 10 for the mean of the paper's ten views.
        split: Images to look through.
        epoch: The last one if not given.
        out: File to write: .png, .svg, .pdf or .npz.
        progress: JSON file that tells how far it is, for other programs to read.
    """
    path = out_file(out)
    if not 1 <= k <= MOST:
        raise WorkbenchError(f"--k must be from 1 to {MOST}, got {k}.")
    opened, at = open_run(run, epoch)
    with reporting("Looking for mistakes", progress) as told:
        found = results.evaluation(opened, at, split=split, views=views, progress=told)
        chosen = (found.surest if order == "surest" else found.worst)[:k]

        def figure() -> Figure:
            images = split_of(opened.data(), split).images[chosen.index.numpy()]
            preprocess = opened.preprocess
            return mistakes_figures.mistakes_figure(
                preprocess.picture(preprocess.from_uint8(images)),
                chosen,
                opened.classes,
                order=order,
            )

        made = how_made("mistakes", opened, at, order=order, k=k, split=split, views=views)
        write(path, figure, to_arrays(chosen), made)
