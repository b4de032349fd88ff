"""python -m viz occlusion: where the network looks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor

from training.errors import WorkbenchError
from training.progress import Progress
from training.runs import Run
from viz import results
from viz.flags import class_index, is_number, open_run, out_file, picture_of, pictures_of
from viz.network.fills import filling
from viz.network.layers import source_of
from viz.occlusion import Occlusion, covered, last_maps, square_for
from viz.occlusion import figure as occlusion_figures
from viz.occlusion.pair import in_words, layers_beside, occlusions_beside
from viz.occlusion.pair_figure import occlusion_beside_figure
from viz.occlusion.sheet import Row, occlusion_sheet
from viz.results import NotKept, blueprint, network_of
from viz.store.cache import Arrays
from viz.store.export import how_made, image_seen, write
from viz.store.reporting import reporting
from viz.top_patches.gallery import strongest_in


def occlusion(
    run: str,
    *,
    image: str = "0",
    label: str | None = None,
    window: int | None = None,
    stride: int | None = None,
    fill: str = "grey",
    layer: str | None = None,
    epoch: int | None = None,
    beside: str | None = None,
    beside_epoch: int | None = None,
    out: str | None = None,
    progress: str | None = None,
) -> None:
    """Where the network looks: a square slides over the image.

    One image gives all panels of the paper's figure, with what excites the strongest channel
    elsewhere where that was mined; several give a sheet. What is found is kept in the run and
    serves every class and layer.

    .npz holds: probability, predicted, activation (rows, cols); cell (r, c) hides the square
    whose top left pixel is (r·stride, c·stride). Of several images (N, rows, cols). Beside
    another: also second_probability and so on and, where the inputs are of one size, difference.

    Args:
        run: Run folder.
        image: A picture file, or the number of a validation image; several with commas between.
        label: Class, by name or number; if not given, that of a validation image, and the most
            probable one of a picture file.
        window: Side of the square in pixels; if not given, a seventh of the input and at least
            12, which is 32 of 224 and 12 of 64.
        stride: Step in pixels; if not given, a 28th of the input, which is 8 of 224 and 2 of 64.
        fill: What the square lets through: grey, which is the training set's mean colour; mean,
            the image's own mean colour; blur, the image through a Gaussian of 10 px of 224;
            noise, normal and seeded; or a number, the value after normalisation.
        layer: Whose strongest channel is watched; the last convolution if not given.
        epoch: The last one if not given.
        beside: Another run, or the same: its maps of one image are drawn on the same scale, with
            the difference of the probability.
        beside_epoch: Of the other; its last one if not given.
        out: File to write: .png, .svg, .pdf or .npz.
        progress: JSON file that tells how far it is, for other programs to read.
    """
    path = out_file(out)
    opened, at = open_run(run, epoch)
    sources = [image] if Path(image).is_file() else [one.strip() for one in image.split(",")]
    pictures, names = zip(*(picture_of(opened, source) for source in sources), strict=True)
    asked = None if label is None else class_index(opened.classes, label)
    for flag, value in (("window", window), ("stride", stride)):
        if value is not None and value < 1:
            raise WorkbenchError(f"--{flag} must be at least 1 px, got {value}.")
    layer = layer or last_maps(blueprint(opened))
    square: dict[str, Any] = {"window": window, "stride": stride, "fill": fill}
    if beside is not None:
        if len(sources) > 1:
            raise WorkbenchError("--beside shows one image, but --image names several.")
        both = [(opened, at), open_run(beside, beside_epoch)]
        with reporting("Sliding the square", progress) as told:
            write_beside(path, both, image, asked, layer, square, told)
        return
    with reporting("Sliding the square", progress) as told:
        found = results.occlusions(opened, at, pictures, **square, progress=told)
        rows = [
            Row(
                name,
                first_place(opened, picture, one, fill),
                one,
                label_of(opened, source, one) if asked is None else asked,
            )
            for name, source, picture, one in zip(names, sources, pictures, found, strict=True)
        ]

        def figure() -> Figure:
            if len(rows) > 1:
                return occlusion_sheet(rows, opened.classes)
            return all_panels(opened, at, pictures[0], rows[0], layer)

        settings: dict[str, Any] = {
            "label": [opened.classes[row.label] for row in rows],
            "window": found[0].window,
            "stride": found[0].stride,
            "fill": fill,
            "layer": layer,
            "image": [
                image_seen(opened, picture, name)
                for picture, name in zip(pictures, names, strict=True)
            ],
        }
        arrays = arrays_of(rows, layer)
        if len(rows) == 1:
            settings |= {name: settings[name][0] for name in ("label", "image")}
            arrays = {name: array[0] for name, array in arrays.items()}
        write(path, figure, arrays, how_made("occlusion", opened, at, **settings))


def write_beside(
    path: Path | None,
    both: Sequence[tuple[Run, int]],
    source: str,
    asked: int | None,
    layer: str,
    square: dict[str, Any],
    progress: Progress,
) -> None:
    """One image as two networks see it; the square fits the smaller of their inputs."""
    (run, epoch), (other, _) = both
    pictures = pictures_of([run, other], source)
    default = square_for(min(run.preprocess.size, other.preprocess.size))
    for name, value in zip(("window", "stride"), default, strict=True):
        square[name] = square[name] or value
    first, second = (
        results.occlusion(*each, picture, **square, progress=progress)
        for each, picture in zip(both, pictures, strict=True)
    )
    pair = occlusions_beside(first, second, (run.classes, other.classes))
    layers = layers_beside(pair, layer, blueprint(other))
    label = label_of(run, source, first) if asked is None else asked
    names = [f"{each.name}, epoch {at}" for each, at in both]
    settings = {"label": run.classes[label], "layer": list(layers), "beside": names[1], **square}
    seen = image_seen(run, pictures[0], picture_of(run, source)[1])
    write(
        path,
        lambda: occlusion_beside_figure(
            first_place(run, pictures[0], first, square["fill"]),
            pair,
            names,
            label=label,
            layers=layers,
        ),
        pair.arrays(label, layers),
        how_made("occlusion", run, epoch, image=seen, **settings),
    )
    print(in_words(pair, label))


def label_of(run: Run, source: str, found: Occlusion) -> int:
    """The class of a validation image, where the network knows it; else the most probable one."""
    if is_number(source):
        data = run.data()
        name = data.classes[int(data.val.labels[int(source)])]
        if name in run.classes:
            return run.classes.index(name)
    return int(found.base.argmax())


def first_place(run: Run, picture: Image.Image, found: Occlusion, fill: str) -> Tensor:
    """What the network sees with the square in the top left corner, (3, H, W) in [0, 1]."""
    image = run.preprocess(picture)
    return run.preprocess.picture(covered(image, filling(fill, image), found.window))


def all_panels(run: Run, epoch: int, picture: Image.Image, row: Row, layer: str) -> Figure:
    """The paper's figure; the channel's patches from elsewhere where they were mined already."""
    network, channel = network_of(run, epoch), row.found.watched(layer).channel
    own = strongest_in(
        network, run.preprocess(picture), layer, channel, picture=run.preprocess.picture
    )
    try:
        source = source_of(network, layer)
        top = results.top_patches(run, epoch, [source], only_kept=True)[source]
        others = results.gallery_of(run, epoch, source, top, [channel])
    except (NotKept, WorkbenchError):  # not mined, or there is no data to mine
        others = None
    return occlusion_figures.occlusion_figure(
        row.picture, row.found, run.classes, label=row.label, layer=layer, own=own, others=others
    )


def arrays_of(rows: Sequence[Row], layer: str) -> Arrays:
    """The maps of N images, (N, rows, cols)."""
    maps = {
        "probability": [row.found.probability[..., row.label] for row in rows],
        "predicted": [row.found.predicted for row in rows],
        "activation": [row.found.watched(layer).activation for row in rows],
    }
    return {name: torch.stack(found).numpy() for name, found in maps.items()}
