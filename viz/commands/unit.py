"""python -m viz unit: all that is known of one channel."""

from __future__ import annotations

from matplotlib.figure import Figure

from viz import results
from viz.flags import Split, check_channel, layers_of, open_run, out_file
from viz.results import blueprint, channel_count
from viz.store.cache import to_arrays
from viz.store.export import how_made, write
from viz.store.reporting import reporting
from viz.unit import figure as unit_figures


def unit(
    run: str,
    *,
    layer: str | None = None,
    channel: int = 0,
    split: Split = "val",
    epoch: int | None = None,
    out: str | None = None,
    progress: str | None = None,
) -> None:
    """All that is known of one channel: patches, projections, responses, classes.

    What is found is kept in the run, for all channels of the layer. .npz holds, for all of them:
    edge (C, B + 1) and images (C, B) of the histograms, active (C), by_class (C, K),
    likeness (C, C).

    Args:
        run: Run folder.
        layer: The last convolution if not given.
        channel: Which.
        split: Images to look at.
        epoch: The last one if not given.
        out: File to write: .png, .svg, .pdf or .npz.
        progress: JSON file that tells how far it is, for other programs to read.
    """
    path = out_file(out)
    opened, at = open_run(run, epoch)
    plan = blueprint(opened)
    [name] = layers_of(plan, layer)[:1]
    check_channel(channel, channel_count(plan, name), name)
    with reporting("Getting to know the channels", progress) as told:
        found = results.profiles(opened, at, name, split=split, progress=told)

        def figure() -> Figure:
            top = results.top_patches(opened, at, [name], split=split)[name]
            nine = results.gallery_of(opened, at, name, top, [channel], split=split)
            return unit_figures.unit_figure(
                nine.patch[0],
                nine.projection[0],
                top.score[channel],
                found,
                channel,
                opened.data().classes,
                layer=name,
                epoch=at,
            )

        settings = {"layer": name, "channel": channel, "split": split}
        write(path, figure, to_arrays(found), how_made("unit", opened, at, **settings))
