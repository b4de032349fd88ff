"""python -m viz filters: kernels of the first layer."""

from __future__ import annotations

from typing import Literal

from viz import filters as kernels
from viz.export import how_made, write
from viz.figures import filters as filter_figures
from viz.figures.style import plain
from viz.flags import (
    open_run,
    out_file,
)
from viz.results import blueprint


def filters(
    run: str,
    *,
    epoch: int | None = None,
    order: Literal["index", "norm"] = "index",
    scale: Literal["shared", "each"] = "shared",
    out: str | None = None,
) -> None:
    """Kernels of the first layer as RGB tiles.

    .npz holds: filters (C, h, w, 3), as drawn, in [0, 1].

    Args:
        run: Run folder.
        epoch: The last one if not given.
        order: By number, or strongest first.
        scale: One scale for all kernels, on which mid grey is zero, or one for each.
        out: File to write: .png, .svg, .pdf or .npz.
    """
    path = out_file(out)
    opened, at = open_run(run, epoch)
    weight = opened.weight(at, f"{blueprint(opened).convolutions[0]}.weight")
    result = kernels.first_layer(weight, scale=scale, order=order)
    title = f"First filters of {plain(opened.name)}, epoch {at}"
    made = how_made("filters", opened, at, order=order, scale=scale)
    write(
        path,
        lambda: filter_figures.filters_figure(result, title=title),
        {"filters": result.tiles.numpy()},
        made,
    )
