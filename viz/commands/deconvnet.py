"""python -m viz deconvnet: what one unit saw."""

from __future__ import annotations

import torch

from training.errors import WorkbenchError
from viz.deconvnet import RuleName, strongest_units
from viz.deconvnet import compute as deconvnets
from viz.deconvnet import figure as deconvnet_figures
from viz.flags import (
    check_channel,
    open_run,
    out_file,
    picture_of,
)
from viz.network.layers import deepest
from viz.network.patches import boxes
from viz.results import network_of
from viz.store.export import how_made, image_seen, write


def deconvnet(
    run: str,
    *,
    image: str = "0",
    layer: str | None = None,
    channel: int | None = None,
    row: int | None = None,
    col: int | None = None,
    rule: RuleName = "deconvnet",
    epoch: int | None = None,
    out: str | None = None,
) -> None:
    """What one unit saw in an image, projected back to the pixels.

    .npz holds: projection (3, H, W), signed.

    Args:
        run: Run folder.
        image: A picture file, or the number of a validation image.
        layer: The last convolution if not given.
        channel: The one that the image excites most if not given.
        row: Of the unit in its map; with --col. The channel's strongest unit if not given.
        col: Of the unit in its map; with --row.
        rule: How the signal comes back: deconvnet, guided (backpropagation) or gradient.
        epoch: The last one if not given.
        out: File to write: .png, .svg, .pdf or .npz.
    """
    path = out_file(out)
    if (row is None) != (col is None):
        raise WorkbenchError("A unit needs both --row and --col. Give both, or neither.")
    opened, at = open_run(run, epoch)
    picture, name = picture_of(opened, image)
    network = network_of(opened, at)
    layer = layer or deepest(network)
    images = opened.preprocess(picture)
    with torch.inference_mode():
        batch = images[None].to(network.device)
        activations = network.activations(batch, [layer])[layer].cpu()
    if channel is None:
        channel = int(activations[0].reshape(activations.shape[1], -1).amax(1).argmax())
    check_channel(channel, activations.shape[1], layer)
    channels = torch.tensor([channel])
    unit = strongest_units(activations, channels) if row is None else torch.tensor([[row, col]])
    result = deconvnets.project(network, images[None], layer, channels, units=unit, rule=rule)[0]
    box = boxes(network, layer, unit[:, 0], unit[:, 1])[0].tolist()
    settings = {
        "layer": layer,
        "channel": channel,
        "unit": unit[0].tolist(),
        "image": image_seen(opened, picture, name),
        "rule": rule,
    }
    write(
        path,
        lambda: deconvnet_figures.deconvnet_figure(
            opened.preprocess.picture(images), result, layer=layer, channel=channel, box=box
        ),
        {"projection": result.numpy()},
        how_made("deconvnet", opened, at, **settings),
    )
