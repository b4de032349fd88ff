"""python -m viz feature-maps: what an image does to each channel."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from training.runs import Run
from viz.feature_maps import FeatureMaps
from viz.feature_maps import compute as maps
from viz.feature_maps import figure as feature_map_figures
from viz.feature_maps.pair_figure import feature_maps_beside_figure
from viz.flags import open_run, out_file, picture_of, pictures_of
from viz.occlusion import last_maps
from viz.results import network_of
from viz.store.export import how_made, image_seen, write


def feature_maps(
    run: str,
    *,
    image: str = "0",
    layer: str | None = None,
    epoch: int | None = None,
    beside: str | None = None,
    beside_epoch: int | None = None,
    out: str | None = None,
) -> None:
    """What an image does to each channel of a layer.

    .npz holds: maps (C, h, w), order (C), strongest channel first; beside another also second and,
    where both have as many maps of one size, difference.

    Args:
        run: Run folder.
        image: A picture file, or the number of a validation image.
        layer: The last convolution if not given.
        epoch: The last one if not given.
        beside: Another run, or the same: its maps are drawn on the same scale, with the difference
            where both have as many maps of one size.
        beside_epoch: Of the other; its last one if not given.
        out: File to write: .png, .svg, .pdf or .npz.
    """
    path = out_file(out)
    opened, at = open_run(run, epoch)
    picture, name = picture_of(opened, image)
    network = network_of(opened, at)
    images = opened.preprocess(picture)
    result = maps.feature_maps(network, images, layer or last_maps(network))
    if beside is not None:
        other = open_run(beside, beside_epoch)
        write_beside(path, [(opened, at), other], image, result)
        return
    seen = image_seen(opened, picture, name)
    made = how_made("feature-maps", opened, at, layer=result.layer, image=seen)
    write(
        path,
        lambda: feature_map_figures.feature_maps_figure(opened.preprocess.picture(images), result),
        {"maps": result.maps.numpy(), "order": result.order.numpy()},
        made,
    )


def write_beside(
    path: Path | None, both: Sequence[tuple[Run, int]], source: str, first: FeatureMaps
) -> None:
    """The first network's maps beside those of the same layer of the second."""
    (run, epoch), (other, other_epoch) = both
    pictures = pictures_of([run, other], source)
    images = other.preprocess(pictures[1])
    pair = maps.beside(
        first, maps.feature_maps(network_of(other, other_epoch), images, first.layer)
    )
    names = [f"{each.name}, epoch {at}" for each, at in both]
    seen = image_seen(run, pictures[0], picture_of(run, source)[1])
    made = how_made("feature-maps", run, epoch, layer=first.layer, image=seen, beside=names[1])
    picture = run.preprocess.picture(run.preprocess(pictures[0]))
    write(path, lambda: feature_maps_beside_figure(picture, pair, names), pair.arrays(), made)
