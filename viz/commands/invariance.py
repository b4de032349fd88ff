"""python -m viz invariance: features under translation, scale and rotation."""

from __future__ import annotations

from matplotlib.figure import Figure

from viz import results
from viz.flags import is_number, open_run, out_file, picture_of
from viz.invariance import as_arrays, few_steps
from viz.invariance import figure as invariance_figures
from viz.store.export import how_made, image_seen, write
from viz.store.reporting import reporting


def invariance(
    run: str,
    *,
    images: str = "0,1,2,3,4",
    epoch: int | None = None,
    out: str | None = None,
    progress: str | None = None,
) -> None:
    """Features and answers while pictures move, grow and turn.

    .npz holds, for each of translation, scale and rotation: rotation_amount (A),
    rotation_layers (L), rotation_distance (L, N, A), rotation_probability (N, A).

    Args:
        run: Run folder.
        images: Picture files and numbers of validation images, with commas between.
        epoch: The last one if not given.
        out: File to write: .png, .svg, .pdf or .npz.
        progress: JSON file that tells how far it is, for other programs to read.
    """
    path = out_file(out)
    opened, at = open_run(run, epoch)
    sources = [source.strip() for source in images.split(",")]
    pictures, names = zip(*(picture_of(opened, source) for source in sources), strict=True)
    labels = [
        int(opened.data().val.labels[int(source)]) if is_number(source) else None
        for source in sources
    ]
    with reporting("Moving the pictures", progress) as told:
        found = results.invariance(opened, at, pictures, labels, progress=told)

        def figure() -> Figure:
            strips = few_steps(opened.preprocess, pictures[0])
            return invariance_figures.invariance_figure(found, strips, names)

        seen = [
            image_seen(opened, picture, name) for picture, name in zip(pictures, names, strict=True)
        ]
        write(path, figure, as_arrays(found), how_made("invariance", opened, at, images=seen))
