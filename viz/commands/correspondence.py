"""python -m viz correspondence: the same part hidden in every picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from training.errors import WorkbenchError
from training.runs import Run
from viz import results
from viz.correspondence import DRAWS, as_arrays, hidden_pictures
from viz.correspondence import figure as correspondence_figures
from viz.flags import is_number, layers_of, numbers_of, open_run, out_file, picture_of
from viz.network.parts import Parts, parts_of, read_boxes
from viz.store.export import how_made, write
from viz.store.reporting import reporting

OBJECT, SHOWN = "object", 5  # as many pictures as in the paper


def correspondence(
    run: str,
    *,
    parts: str = OBJECT,
    images: str | None = None,
    layers: str | None = None,
    draws: int = DRAWS,
    seed: int = 0,
    epoch: int | None = None,
    out: str | None = None,
    progress: str | None = None,
) -> None:
    """Whether hiding the same part changes the features of all pictures in the same way.

    The table of parts has the columns image,part,left,top,right,bottom: the number of a validation
    image or the path of a picture from the table's folder, and a box in pixels of the picture as
    the network sees it, scaled and cropped; right and bottom are exclusive.

    .npz holds, for L layers, P parts and W ways of hiding (the part, a random place, one place for
    all): difference, deviation and changed (L, P, W), draws (L, P, W - 1, R), overlap (P, W - 1),
    images (P), and the names parts and layers.

    Args:
        run: Run folder.
        parts: A CSV file, or "object" for the objects and their halves where the data set knows
            them.
        images: Numbers of validation images with commas between, for "object"; the first five of
            the first class if not given.
        layers: Names with commas between; the last maps and the last hidden layer if not given.
        draws: Of each control.
        seed: Of the controls' places.
        epoch: The last one if not given.
        out: File to write: .png, .svg, .pdf or .npz.
        progress: JSON file that tells how far it is, for other programs to read.
    """
    path = out_file(out)
    opened, at = open_run(run, epoch)
    wanted = layers_of(results.blueprint(opened), layers) if layers else None
    with reporting("Hiding the parts", progress) as told:
        marked, folder = _parts(opened, parts, images)
        pictures = [_picture(opened, source, folder) for source in marked.images]
        found = results.correspondence(
            opened,
            at,
            pictures,
            marked.masks,
            layers=wanted,
            draws=draws,
            seed=seed,
            progress=told,
        )

        def figure() -> Figure:
            rows = hidden_pictures(opened.preprocess, pictures, marked.masks, seed=seed)
            return correspondence_figures.correspondence_figure(found, rows)

        made = how_made(
            "correspondence", opened, at, images=list(marked.images), draws=draws, seed=seed
        )
        write(path, figure, as_arrays(found), made)


def _parts(run: Run, parts: str, images: str | None) -> tuple[Parts, Path]:
    """What is marked in which pictures, and the folder from which their paths start."""
    if parts == OBJECT:
        labels = run.data().val.labels
        numbers = numbers_of("images", images)
        numbers = numbers or np.flatnonzero(labels == labels.min())[:SHOWN].tolist()
        for number in numbers:
            picture_of(run, str(number))
        return results.parts_of_objects(run, numbers), Path()
    if images is not None:
        raise WorkbenchError(f"--images goes with --parts {OBJECT}: a table names its images.")
    table = Path(parts)
    try:
        content = table.read_bytes()
    except OSError as error:
        raise WorkbenchError(
            f"Cannot read the table of parts {table}: {error.strerror}. Give a CSV file, or "
            f"{OBJECT!r}."
        ) from error
    side = run.preprocess.size
    return parts_of(read_boxes(content, side, name=table.name), side), table.parent


def _picture(run: Run, source: str, folder: Path) -> Image.Image:
    """A validation image, or a file from the table's folder."""
    return picture_of(run, source if is_number(source) else str(folder / source))[0]
