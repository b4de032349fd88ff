"""python -m viz film: the first filters over all epochs."""

from __future__ import annotations

from viz.film import figure as film_figures
from viz.filters import compute as kernels
from viz.flags import (
    open_run,
    out_file,
)
from viz.results import blueprint
from viz.store.export import how_made, write, write_bytes


def film(run: str, *, out: str | None = None) -> None:
    """The first filters over all epochs, as an animation.

    .npz holds: tiles (E, C, h, w, 3), epoch (E).

    Args:
        run: Run folder.
        out: File to write: .gif for the animation, .png, .svg or .pdf for eight epochs side by
            side, or .npz.
    """
    path = out_file(out, ".gif")
    opened, _last = open_run(run, None)
    layer, epochs = blueprint(opened).convolutions[0], opened.epochs
    result = kernels.film({epoch: opened.weight(epoch, f"{layer}.weight") for epoch in epochs})
    if path is not None and path.suffix.lower() == ".gif":
        write_bytes(path, film_figures.film_gif(result))
        return
    arrays = {"tiles": result.tiles.numpy(), "epoch": result.epoch.numpy()}
    made = how_made("film", opened, epochs, layer=layer)
    write(path, lambda: film_figures.film_figure(result), arrays, made)
