"""The views as commands: each function's signature and docstring are its flags and its help.

Every command looks at one run, works out its result and writes it where `--out` says; the dear
ones keep it in the run too, and may be asked for that alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import torch
from matplotlib.figure import Figure

from training.errors import WorkbenchError
from training.runs import Run
from viz import deconvnet as deconvnets
from viz import feature_maps as maps
from viz import filters as kernels
from viz import results
from viz.deconvnet import strongest_units
from viz.export import write, write_bytes
from viz.figures import deconvnet as deconvnet_figures
from viz.figures import evolution as evolution_figures
from viz.figures import feature_maps as feature_map_figures
from viz.figures import film as film_figures
from viz.figures import filters as filter_figures
from viz.figures import occlusion as occlusion_figures
from viz.figures import retrieval as retrieval_figures
from viz.figures import top_patches as top_patches_figures
from viz.figures.style import plain
from viz.flags import (
    channels_of,
    check_channel,
    class_index,
    is_number,
    layers_of,
    numbers_of,
    open_run,
    out_file,
    picture_of,
)
from viz.kept import to_arrays
from viz.occlusion import last_maps
from viz.patches import boxes
from viz.reporting import reporting
from viz.results import blueprint, channel_count, network_of, split_of
from viz.top_patches import TopPatches

Split = Literal["val", "train"]
CHANNELS = 16  # a figure of top patches shows so many, one of evolution half of them


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
    made = _made("filters", opened, at, order=order, scale=scale)
    write(
        path,
        lambda: filter_figures.filters_figure(result, title=title),
        {"filters": result.tiles.numpy()},
        made,
    )


def film(run: str, *, out: str | None = None) -> None:
    """The first filters over all epochs, as an animation.

    .npz holds: tiles (E, C, h, w, 3), epoch (E).

    Args:
        run: Run folder.
        out: File to write: .gif for the animation, .png, .svg or .pdf for eight epochs side by
            side, or .npz.
    """
    path = out_file(out, ".gif")
    opened, last = open_run(run, None)
    name = f"{blueprint(opened).convolutions[0]}.weight"
    epochs = opened.epochs
    result = kernels.film({epoch: opened.weight(epoch, name) for epoch in epochs})
    if path is not None and path.suffix.lower() == ".gif":
        write_bytes(path, film_figures.film_gif(result))
        return
    arrays = {"tiles": result.tiles.numpy(), "epoch": result.epoch.numpy()}
    made = _made("film", opened, last, epochs=epochs)
    write(path, lambda: film_figures.film_figure(result), arrays, made)


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
    made = _made("feature-maps", opened, at, layer=result.layer, image=name)
    write(
        path,
        lambda: feature_map_figures.feature_maps_figure(opened.preprocess.picture(images), result),
        {"maps": result.maps.numpy(), "order": result.order.numpy()},
        made,
    )


def top_patches(
    run: str,
    *,
    layer: str | None = None,
    epoch: int | None = None,
    split: Split = "val",
    channels: str | None = None,
    out: str | None = None,
    progress: str | None = None,
) -> None:
    """The nine images that excite each channel most, and where.

    What is found is kept in the run; a pass that was interrupted goes on where it stopped.
    .npz holds: score, image, row, col (C, 9), best first.

    Args:
        run: Run folder.
        layer: One, several with commas between, or "all" convolutions, which one pass serves;
            the last convolution if not given. A file holds one layer.
        epoch: The last one if not given.
        split: Images to search.
        channels: Numbers, with commas between, of channels to draw; the sixteen with the
            strongest response if not given.
        out: File to write: .png, .svg, .pdf or .npz.
        progress: JSON file that tells how far it is, for other programs to read.
    """
    path = out_file(out)
    opened, at = open_run(run, epoch)
    plan = blueprint(opened)
    layers = layers_of(plan, layer)
    asked = channels_of(channels, plan, layers[0])
    if path is not None and len(layers) > 1:
        raise WorkbenchError(f"--out {path.name} holds one layer, but {len(layers)} are asked for.")
    with reporting("Mining patches", progress) as told:
        found = results.top_patches(opened, at, layers, split=split, progress=told)
        top = found[layers[0]]
        chosen = asked or _strongest(top)
        settings = {"layer": layers[0], "split": split, "channels": chosen}

        def figure() -> Figure:
            nine = results.gallery_of(opened, at, layers[0], top, chosen, split=split)
            return top_patches_figures.top_patches_figure(
                nine.patch, nine.projection, top.score[chosen], chosen, layer=layers[0], epoch=at
            )

        write(path, figure, to_arrays(top), _made("top-patches", opened, at, **settings))


def deconvnet(
    run: str,
    *,
    image: str = "0",
    layer: str | None = None,
    channel: int | None = None,
    row: int | None = None,
    col: int | None = None,
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
        epoch: The last one if not given.
        out: File to write: .png, .svg, .pdf or .npz.
    """
    path = out_file(out)
    if (row is None) != (col is None):
        raise WorkbenchError("A unit needs both --row and --col. Give both, or neither.")
    opened, at = open_run(run, epoch)
    picture, name = picture_of(opened, image)
    network = network_of(opened, at)
    layer = layer or network.convolutions[-1]
    images = opened.preprocess(picture)
    with torch.inference_mode():
        batch = images[None].to(network.device)
        activations = network.activations(batch, [layer])[layer].cpu()
    if channel is None:
        channel = int(activations[0].reshape(activations.shape[1], -1).amax(1).argmax())
    check_channel(channel, activations.shape[1], layer)
    channels = torch.tensor([channel])
    unit = strongest_units(activations, channels) if row is None else torch.tensor([[row, col]])
    result = deconvnets.project(network, images[None], layer, channels, units=unit)[0]
    box = boxes(network, layer, unit[:, 0], unit[:, 1])[0].tolist()
    settings = {"layer": layer, "channel": channel, "unit": unit[0].tolist(), "image": name}
    write(
        path,
        lambda: deconvnet_figures.deconvnet_figure(
            opened.preprocess.picture(images), result, layer=layer, channel=channel, box=box
        ),
        {"projection": result.numpy()},
        _made("deconvnet", opened, at, **settings),
    )


def occlusion(
    run: str,
    *,
    image: str = "0",
    label: str | None = None,
    window: int | None = None,
    stride: int | None = None,
    fill: float = 0.0,
    layer: str | None = None,
    epoch: int | None = None,
    out: str | None = None,
    progress: str | None = None,
) -> None:
    """Where the network looks: a square slides over the image.

    .npz holds: probability, predicted, activation (rows, cols); cell (r, c) hides the square
    whose top left pixel is (r·stride, c·stride).

    Args:
        run: Run folder.
        image: A picture file, or the number of a validation image.
        label: Class, by name or number; the most probable one if not given.
        window: Side of the square in pixels; if not given, a seventh of the input and at least
            12, which is 32 of 224 and 12 of 64.
        stride: Step in pixels; if not given, a 28th of the input, which is 8 of 224 and 2 of 64.
        fill: Value of the square after normalisation; 0 is the training set's mean colour.
        layer: Whose strongest channel is watched; the last convolution if not given.
        epoch: The last one if not given.
        out: File to write: .png, .svg, .pdf or .npz.
        progress: JSON file that tells how far it is, for other programs to read.
    """
    path = out_file(out)
    opened, at = open_run(run, epoch)
    picture, name = picture_of(opened, image)
    index = None if label is None else class_index(opened.classes, label)
    for flag, value in (("window", window), ("stride", stride)):
        if value is not None and value < 1:
            raise WorkbenchError(f"--{flag} must be at least 1 px, got {value}.")
    with reporting("Sliding the square", progress) as told:
        result = results.occlusion(
            opened,
            at,
            picture,
            label=index,
            window=window,
            stride=stride,
            fill=fill,
            layer=layer,
            progress=told,
        )
        settings: dict[str, Any] = {
            "label": opened.classes[result.label],
            "window": result.window,
            "stride": result.stride,
            "fill": fill,
            "layer": result.layer,
            "image": name,
        }
        arrays = to_arrays(result)
        seen = opened.preprocess.picture(opened.preprocess(picture))
        write(
            path,
            lambda: occlusion_figures.occlusion_figure(seen, result, opened.classes),
            {key: arrays[key] for key in ("probability", "predicted", "activation")},
            _made("occlusion", opened, at, **settings),
        )


def retrieval(
    run: str,
    *,
    image: str = "0",
    k: int = 12,
    layer: str = "fc7",
    split: Split = "val",
    epoch: int | None = None,
    out: str | None = None,
    progress: str | None = None,
) -> None:
    """The images that look most alike to the network.

    The features of all images are kept in the run. An image of the split itself is not counted
    among its own neighbours. .npz holds: image, distance (k), nearest first.

    Args:
        run: Run folder.
        image: A picture file, or the number of a validation image.
        k: Neighbours wanted.
        layer: Whose features are compared.
        split: Images to search.
        epoch: The last one if not given.
        out: File to write: .png, .svg, .pdf or .npz.
        progress: JSON file that tells how far it is, for other programs to read.
    """
    path = out_file(out)
    if k < 1:
        raise WorkbenchError(f"--k must be at least 1, got {k}.")
    opened, at = open_run(run, epoch)
    picture, name = picture_of(opened, image)
    itself = int(image) if split == "val" and is_number(image) else None
    with reporting("Computing features", progress) as told:
        result = results.neighbours(
            opened, at, picture, k=k, layer=layer, split=split, but=itself, progress=told
        )

        def figure() -> Figure:
            found = split_of(opened.data(), split)
            indices = result.image.numpy()
            preprocess = opened.preprocess
            return retrieval_figures.retrieval_figure(
                preprocess.picture(preprocess(picture)),
                preprocess.picture(preprocess.from_uint8(found.images[indices])),
                result,
                found.labels[indices].tolist(),
                opened.classes,
                layer=layer,
                query_name=plain(name),
            )

        made = _made("retrieval", opened, at, layer=layer, split=split, image=name, k=k)
        write(path, figure, to_arrays(result), made)


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
    opened, last = open_run(run, None)
    plan = blueprint(opened)
    layer = layer or plan.convolutions[-1]
    count = channel_count(plan, layer)
    chosen = channels_of(channels, plan, layer) or list(range(min(CHANNELS // 2, count)))
    at = numbers_of("epochs", epochs) or results.spread(opened.epochs)
    with reporting("Following channels", progress) as told:
        result = results.evolution(opened, layer, chosen, at, split=split, progress=told)
        arrays = to_arrays(result)
        del arrays["layer"]
        write(
            path,
            lambda: evolution_figures.evolution_figure(result),
            arrays,
            _made("evolution", opened, last, layer=layer, channels=chosen, epochs=at, split=split),
        )


VIEWS = {
    "filters": filters,
    "film": film,
    "feature-maps": feature_maps,
    "top-patches": top_patches,
    "deconvnet": deconvnet,
    "occlusion": occlusion,
    "retrieval": retrieval,
    "evolution": evolution,
}


def _strongest(top: TopPatches) -> list[int]:
    order = top.score[:, 0].argsort(descending=True, stable=True)
    return sorted(order[:CHANNELS].tolist())


def _made(view: str, run: Run, epoch: int, **settings: Any) -> Mapping[str, Any]:
    """What stands in the file about how it was made."""
    return {
        "view": view,
        "run": run.name,
        "network": run.config["model"],
        "data": run.config.get("data"),
        "epoch": epoch,
        "checkpoint": run.digest(epoch),
        **settings,
    }
