"""python -m viz localisation: whether heat maps point at the objects."""

from __future__ import annotations

from training.errors import WorkbenchError
from viz import results
from viz.flags import Split, open_run, out_file
from viz.localisation import as_arrays, table
from viz.localisation import figure as localisation_figures
from viz.localisation.evidence import METHODS
from viz.store.export import how_made, write
from viz.store.reporting import reporting


def localisation(
    run: str,
    *,
    methods: str = "occlusion,grad-cam",
    images: int = 200,
    split: Split = "val",
    epoch: int | None = None,
    out: str | None = None,
    progress: str | None = None,
) -> None:
    """Whether heat maps point at the objects, where the data set knows their places.

    A table is printed: how often each method's strongest point lies in the object, and how much
    of its map. .npz holds for each method, as occlusion_hit: image, distance, energy, area, centre
    (N), peak (N, 2), worst (k), maps (k, H, W) for the N images that are named rightly.

    Args:
        run: Run folder.
        methods: Names with commas between, of occlusion, gradient, guided, deconvnet, grad-cam
            and integrated-gradients.
        images: How many to look at, evenly spread over the split.
        split: Images to look at.
        epoch: The last one if not given.
        out: File to write: .png, .svg, .pdf or .npz.
        progress: JSON file that tells how far it is, for other programs to read.
    """
    path = out_file(out)
    names = methods_of(methods)
    if images < 1:
        raise WorkbenchError(f"--images must be at least 1, got {images}.")
    opened, at = open_run(run, epoch)
    found = []
    with reporting("Looking for the objects", progress) as told:
        for number, method in enumerate(names):

            def tell(done: int, total: int, before: int = number) -> None:
                told(before * total + done, len(names) * total)

            found.append(
                results.localisation(opened, at, method, images=images, split=split, progress=tell)
            )
        write(
            path,
            lambda: localisation_figures.localisation_figure(found),
            as_arrays(found),
            how_made("localisation", opened, at, methods=names, images=images, split=split),
        )
    print(table(found))


def methods_of(asked: str) -> list[str]:
    """The names between commas, each once."""
    names = list(dict.fromkeys(name.strip() for name in asked.split(",")))
    for name in names:
        if name not in METHODS:
            raise WorkbenchError(f"Unknown method {name!r}. Choose of: {', '.join(METHODS)}.")
    return names
