"""python -m viz feature-maps: what an image does to each channel."""

from __future__ import annotations

from viz import feature_maps as maps
from viz.export import how_made, image_seen, write
from viz.figures import feature_maps as feature_map_figures
from viz.flags import (
    open_run,
    out_file,
    picture_of,
)
from viz.occlusion import last_maps
from viz.results import network_of


def feature_maps(
    run: str,
    *,
    image: str = "0",
    layer: str | None = None,
    epoch: int | None = None,
    out: str | None = None,
) -> None:
    """What an image does to each channel of a layer.

    .npz holds: maps (C, h, w), order (C), strongest channel first.

    Args:
        run: Run folder.
        image: A picture file, or the number of a validation image.
        layer: The last convolution if not given.
        epoch: The last one if not given.
        out: File to write: .png, .svg, .pdf or .npz.
    """
    path = out_file(out)
    opened, at = open_run(run, epoch)
    picture, name = picture_of(opened, image)
    network = network_of(opened, at)
    images = opened.preprocess(picture)
    result = maps.feature_maps(network, images, layer or last_maps(network))
    seen = image_seen(opened, picture, name)
    made = how_made("feature-maps", opened, at, layer=result.layer, image=seen)
    write(
        path,
        lambda: feature_map_figures.feature_maps_figure(opened.preprocess.picture(images), result),
        {"maps": result.maps.numpy(), "order": result.order.numpy()},
        made,
    )
