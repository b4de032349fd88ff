"""python -m viz retrieval: what looks alike to the network."""

from __future__ import annotations

from matplotlib.figure import Figure

from training.errors import WorkbenchError
from viz import results
from viz.drawing.style import plain
from viz.flags import (
    Split,
    is_number,
    open_run,
    out_file,
    picture_of,
)
from viz.network.layers import last_hidden
from viz.results import blueprint, split_of
from viz.retrieval import figure as retrieval_figures
from viz.store.cache import to_arrays
from viz.store.export import how_made, image_seen, write
from viz.store.reporting import reporting


def retrieval(
    run: str,
    *,
    image: str = "0",
    k: int = 12,
    layer: str | None = None,
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
        layer: Whose features are compared; the last hidden one, such as fc7, if not given.
        split: Images to search.
        epoch: The last one if not given.
        out: File to write: .png, .svg, .pdf or .npz.
        progress: JSON file that tells how far it is, for other programs to read.
    """
    path = out_file(out)
    if k < 1:
        raise WorkbenchError(f"--k must be at least 1, got {k}.")
    opened, at = open_run(run, epoch)
    layer = layer or last_hidden(blueprint(opened))
    picture, name = picture_of(opened, image)
    itself = int(image) if split == "val" and is_number(image) else None
    with reporting("Computing features", progress) as told:
        result = results.neighbours(
            opened, at, picture, k=k, layer=layer, split=split, but=itself, progress=told
        )

        def figure() -> Figure:
            data = opened.data()
            found = split_of(data, split)
            indices = result.image.numpy()
            preprocess = opened.preprocess
            return retrieval_figures.retrieval_figure(
                preprocess.picture(preprocess(picture)),
                preprocess.picture(preprocess.from_uint8(found.images[indices])),
                result,
                found.labels[indices].tolist(),
                data.classes,
                layer=layer,
                query_name=plain(name),
            )

        seen = image_seen(opened, picture, name)
        made = how_made("retrieval", opened, at, layer=layer, split=split, image=seen, k=k)
        write(path, figure, to_arrays(result), made)
