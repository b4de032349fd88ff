"""python -m viz filters: kernels of the first layer."""

from __future__ import annotations

from typing import Literal

from viz import results
from viz.drawing.style import plain
from viz.filters import figure as filter_figures
from viz.flags import (
    open_run,
    out_file,
)
from viz.store.export import how_made, write


def filters(
    run: str,
    *,
    epoch: int | None = None,
    order: Literal["index", "norm"] = "index",
    scale: results.FilterScale = "epochs",
    beside: str | None = None,
    beside_epoch: int | None = None,
    out: str | None = None,
) -> None:
    """Kernels of the first layer as RGB tiles.

    .npz holds: filters (C, h, w, 3), as drawn, in [0, 1], and channel (C), whose they are; beside
    another, also second and difference.

    Args:
        run: Run folder.
        epoch: The last one if not given.
        order: By number, or strongest first.
        scale: One scale for the kernels of all epochs or of this one, on which mid grey is zero,
            or each kernel its own.
        beside: Another run, or the same: its filters are drawn on the same scale, and the
            difference where their shapes agree.
        beside_epoch: Of the other; its last one if not given.
        out: File to write: .png, .svg, .pdf or .npz.
    """
    path = out_file(out)
    opened, at = open_run(run, epoch)
    if beside is not None:
        other = open_run(beside, beside_epoch)
        drawn = results.filters_beside([(opened, at), other], scale=scale, order=order)
        names = [f"{each.name}, epoch {epoch}" for each, epoch in ((opened, at), other)]
        sheets = list(zip([*names, "second − first"], drawn, strict=False))
        write(
            path,
            lambda: filter_figures.filters_beside_figure(sheets),
            {
                name: each.tiles.numpy()
                for name, each in zip(("filters", "second", "difference"), drawn, strict=False)
            },
            how_made("filters", opened, at, order=order, scale=scale, beside=names[1]),
        )
        return
    result = results.first_filters(opened, at, scale=scale, order=order)
    title = f"First filters of {plain(opened.name)}, epoch {at}"
    layer = results.blueprint(opened).convolutions[0]
    made = how_made("filters", opened, at, layer=layer, order=order, scale=scale)
    write(
        path,
        lambda: filter_figures.filters_figure(result, title=title),
        {"filters": result.tiles.numpy(), "channel": result.channel.numpy()},
        made,
    )
