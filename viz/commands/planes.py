"""python -m viz planes: filters of a deeper layer."""

from __future__ import annotations

from viz import results
from viz.drawing.style import plain
from viz.flags import channels_of, layers_of, open_run, out_file
from viz.planes.figure import planes_figure
from viz.results import channel_count
from viz.store.cache import to_arrays
from viz.store.export import how_made, write

SHOWN = 16


def planes(
    run: str,
    *,
    layer: str | None = None,
    channels: str | None = None,
    count: int = 12,
    epoch: int | None = None,
    out: str | None = None,
) -> None:
    """Filters of a deeper layer: which channels below they add up, and how.

    One scale holds for all epochs. .npz holds: planes (C, P, h, w), heaviest first, channel (C),
    source (C, P), the channels below, share (C, P) of the filter's energy.

    Args:
        run: Run folder.
        layer: The second convolution if not given.
        channels: Numbers with commas between; the first sixteen if not given.
        count: Planes of each filter, at most.
        epoch: The last one if not given.
        out: File to write: .png, .svg, .pdf or .npz.
    """
    path = out_file(out)
    opened, at = open_run(run, epoch)
    plan = results.blueprint(opened)
    name = layers_of(plan, layer or ",".join(results.with_planes(opened)[:1]) or None)[0]
    chosen = channels_of(channels, plan, name) or list(range(channel_count(plan, name)))[:SHOWN]
    found = results.planes(opened, at, name, chosen, count=count)
    high = results.full_colour(opened, name)
    title = f"Filters of {name} of {plain(opened.name)}, epoch {at}"
    below = results.below(opened, name)
    write(
        path,
        lambda: planes_figure(found, high=high, title=title, below=below),
        {field: to_arrays(found)[field] for field in ("planes", "channel", "source", "share")},
        how_made("planes", opened, at, layer=name, channels=chosen, count=count),
    )
