"""python -m viz occlusion: where the network looks."""

from __future__ import annotations

from typing import Any

from training.errors import WorkbenchError
from viz import results
from viz.export import how_made, write
from viz.figures import occlusion as occlusion_figures
from viz.flags import (
    class_index,
    open_run,
    out_file,
    picture_of,
)
from viz.kept import to_arrays
from viz.reporting import reporting


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
            how_made("occlusion", opened, at, **settings),
        )
