"""python -m viz attribution: which pixels speak for a class, and whether to trust the answer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Literal

from PIL import Image
from torch import Tensor

from training.errors import WorkbenchError
from training.progress import Progress
from training.runs import Run
from viz import results
from viz.attribution import METHODS, MethodName
from viz.attribution import figure as attribution_figures
from viz.attribution.pair import heats_beside
from viz.attribution.pair_figure import attribution_beside_figure
from viz.drawing.style import plain
from viz.flags import class_index, open_run, out_file, picture_of, pictures_of
from viz.sanity_checks.figure import trust_figure
from viz.store.export import how_made, image_seen, write
from viz.store.reporting import reporting


def attribution(
    run: str,
    *,
    image: str = "0",
    label: str | None = None,
    method: MethodName | None = None,
    of: Literal["map", "trust"] = "map",
    epoch: int | None = None,
    beside: str | None = None,
    beside_epoch: int | None = None,
    out: str | None = None,
    progress: str | None = None,
) -> None:
    """Which pixels speak for a class: heat maps by one method or by all, side by side.

    .npz holds a map (H, W) by each method's name; --of trust: share, deleted, inserted (S + 1),
    random_deleted, random_inserted (R, S + 1), and of networks with ever more random layers maps
    (L + 1, H, W), correlation (L + 1), down_to (L). Beside another also its maps, second_gradient
    and so on, and, where the inputs are of one size, difference_gradient and so on.

    Args:
        run: Run folder.
        image: A picture file, or the number of a validation image.
        label: Class, by name or number; the most probable one if not given.
        method: All of them if not given.
        of: map, or trust: what tells whether to trust one method's map, which is P(class) while
            its pixels go or come, and what is left of the map without the learnt weights.
        epoch: The last one if not given.
        beside: Another run, or the same: its maps of the same class stand beside them, each
            method's on one scale, with the difference.
        beside_epoch: Of the other; its last one if not given.
        out: File to write: .png, .svg, .pdf or .npz.
        progress: JSON file that tells how far it is, for other programs to read.
    """
    if of == "trust" and method is None:
        raise WorkbenchError(f"--of trust takes one --method. Choose one of: {', '.join(METHODS)}.")
    if of == "trust" and beside is not None:
        raise WorkbenchError("--of trust looks at one network. Leave --beside out.")
    path = out_file(out)
    opened, at = open_run(run, epoch)
    picture, name = picture_of(opened, image)
    if label is None:
        index = results.most_probable(opened, results.network_of(opened, at), picture)
    else:
        index = class_index(opened.classes, label)
    class_name = plain(opened.classes[index])
    second = beside and second_network(opened, beside, beside_epoch, image, opened.classes[index])
    shown = image_seen(opened, picture, name)
    made = partial(how_made, "attribution", opened, at, label=opened.classes[index], image=shown)
    with reporting("Sharing the evidence out", progress) as told:
        if of == "trust" and method is not None:
            found = results.trust(opened, at, picture, label=index, method=method, progress=told)
            write(
                path,
                lambda: trust_figure(found, method=method, class_name=class_name),
                found.arrays(),
                made(method=method, of=of),
            )
            return
        methods: list[MethodName] = [method] if method else list(METHODS)
        maps = heat_maps(opened, at, picture, index, methods, told)
        seen = opened.preprocess.picture(opened.preprocess(picture))
        if second:
            heats = heats_beside(maps, heat_maps(*second, methods, told))
            names = [f"{run.name}, epoch {at}" for run, at in ((opened, at), second[:2])]
            write(
                path,
                lambda: attribution_beside_figure(seen, heats, class_name, names),
                heats.arrays(),
                made(method=method or methods, beside=names[1]),
            )
            return
        write(
            path,
            lambda: attribution_figures.attribution_figure(seen, maps, class_name),
            {each: heat.numpy() for each, heat in maps.items()},
            made(method=method or methods),
        )


def second_network(
    first: Run, beside: str, epoch: int | None, source: str, class_name: str
) -> tuple[Run, int, Image.Image, int]:
    """The other run and its epoch, the image as it stores it, and the class as it counts it."""
    run, at = open_run(beside, epoch)
    picture = pictures_of([first, run], source)[1]
    if class_name not in run.classes:
        raise WorkbenchError(f"{run.name} has not learned {class_name}. Choose another --label.")
    return run, at, picture, run.classes.index(class_name)


def heat_maps(
    run: Run,
    epoch: int,
    picture: Image.Image,
    label: int,
    methods: Sequence[MethodName],
    progress: Progress,
) -> dict[MethodName, Tensor]:
    """(H, W) of a class by each of some methods."""
    return {
        each: results.attribution(run, epoch, picture, label=label, method=each, progress=progress)
        for each in methods
    }
