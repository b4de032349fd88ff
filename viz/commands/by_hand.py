"""python -m viz by-hand: how one number of a first-layer map comes about."""

from __future__ import annotations

import numpy as np

from viz.by_hand import figure as by_hand_figures
from viz.by_hand import unit_by_hand, what_follows
from viz.flags import open_run, out_file, picture_of
from viz.results import network_of
from viz.store.export import how_made, image_seen, write


def by_hand(
    run: str,
    *,
    image: str = "0",
    channel: int = 0,
    row: int = 0,
    col: int = 0,
    epoch: int | None = None,
    out: str | None = None,
) -> None:
    """How one number of a first-layer map comes about: patch times kernel, plane by plane.

    .npz holds: patch, kernel and product (K, h, w), bias.

    Args:
        run: Run folder.
        image: A picture file, or the number of a validation image.
        channel: Of the unit.
        row: Of the unit in its map.
        col: Of the unit in its map.
        epoch: The last one if not given.
        out: File to write: .png, .svg, .pdf or .npz.
    """
    path = out_file(out)
    opened, at = open_run(run, epoch)
    picture, name = picture_of(opened, image)
    network, seen = network_of(opened, at), opened.preprocess(picture)
    found = unit_by_hand(network, seen, channel, row, col)
    after = what_follows(network, seen, channel, row, col)
    title = f"{network.convolutions[0]}, channel {channel}, unit ({row}, {col}) of epoch {at}"
    write(
        path,
        lambda: by_hand_figures.by_hand_figure(found, after, title=title),
        {
            "patch": found.patch.numpy(),
            "kernel": found.kernel.numpy(),
            "product": found.product.numpy(),
            "bias": np.array(found.bias),
        },
        how_made(
            "by-hand",
            opened,
            at,
            image=image_seen(opened, picture, name),
            channel=channel,
            unit=[row, col],
        ),
    )
