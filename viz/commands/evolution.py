"""python -m viz evolution: when channels learn."""

from __future__ import annotations

from viz import results
from viz.evolution import figure as evolution_figures
from viz.flags import (
    Split,
    channels_of,
    numbers_of,
    open_run,
    out_file,
)
from viz.network.layers import deepest
from viz.results import blueprint, channel_count
from viz.store.cache import to_arrays
from viz.store.export import how_made, write
from viz.store.reporting import reporting

CHANNELS = 8  # of a figure


def evolution(
    run: str,
    *,
    layer: str | None = None,
    channels: str | None = None,
    epochs: str | None = None,
    split: Split = "val",
    out: str | None = None,
    progress: str | None = None,
) -> None:
    """When channels learn: the strongest patch and its projection at several epochs.

    .npz holds, for E epochs and C channels: score, image, row, col (E, C), patch and projection
    (E, C, 3, s, s), epoch (E), channel (C).

    Args:
        run: Run folder.
        layer: The last convolution if not given.
        channels: Numbers, with commas between; the first eight if not given.
        epochs: Numbers, with commas between; up to eight, evenly spread, if not given.
        split: Images to search.
        out: File to write: .png, .svg, .pdf or .npz.
        progress: JSON file that tells how far it is, for other programs to read.
    """
    path = out_file(out)
    opened, _last = open_run(run, None)
    plan = blueprint(opened)
    layer = layer or deepest(plan)
    count = channel_count(plan, layer)
    chosen = channels_of(channels, plan, layer) or list(range(min(CHANNELS, count)))
    at = numbers_of("epochs", epochs) or results.spread(opened.epochs)
    with reporting("Following channels", progress) as told:
        result = results.evolution(opened, layer, chosen, at, split=split, progress=told)
        arrays = to_arrays(result)
        settings = {"layer": layer, "channels": chosen, "split": split}
        del arrays["layer"]
        write(
            path,
            lambda: evolution_figures.evolution_figure(result),
            arrays,
            how_made("evolution", opened, at, **settings),
        )
