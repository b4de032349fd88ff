"""python -m viz top-patches: what excites each channel most."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from training.errors import WorkbenchError
from training.progress import Progress
from training.runs import Run
from viz import results
from viz.flags import (
    Split,
    channels_of,
    layers_of,
    open_run,
    out_file,
)
from viz.results import blueprint
from viz.store.cache import to_arrays
from viz.store.export import how_made, write
from viz.store.reporting import reporting
from viz.top_patches import TopPatches
from viz.top_patches import figure as top_patches_figures

CHANNELS = 16  # of a figure


def top_patches(
    run: str,
    *,
    layer: str | None = None,
    epoch: int | None = None,
    split: Split = "val",
    channels: str | None = None,
    beside: str | None = None,
    beside_epoch: int | None = None,
    out: str | None = None,
    progress: str | None = None,
) -> None:
    """The nine images that excite each channel most, and where.

    What is found is kept in the run; a pass that was interrupted goes on where it stopped.
    .npz holds: score, image, row, col (C, 9), best first; beside another also second_score and so
    on.

    Args:
        run: Run folder.
        layer: One, several with commas between, or "all" convolutions, which one pass serves;
            the last convolution if not given. A file holds one layer.
        epoch: The last one if not given.
        split: Images to search.
        channels: Numbers, with commas between, of channels to draw; the sixteen with the
            strongest response if not given, eight beside another.
        beside: Another run, or the same: the same channels of its layer are drawn beside them.
        beside_epoch: Of the other; its last one if not given.
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
    if beside is not None:
        both = [(opened, at), open_run(beside, beside_epoch)]
        with reporting("Mining patches", progress) as told:
            write_beside(path, both, layers[0], asked, split, told)
        return
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

        write(path, figure, to_arrays(top), how_made("top-patches", opened, at, **settings))


def write_beside(
    path: Path | None,
    both: Sequence[tuple[Run, int]],
    layer: str,
    asked: list[int],
    split: Split,
    progress: Progress,
) -> None:
    """The same channels of two networks; those that the second has not are left out there."""
    blueprint(both[1][0]).require_layer(layer)
    found = [
        results.top_patches(run, epoch, [layer], split=split, progress=progress)[layer]
        for run, epoch in both
    ]
    chosen = asked or _strongest(found[0], CHANNELS // 2)
    names = [f"{run.name}, epoch {epoch}" for run, epoch in both]

    def figure() -> Figure:
        sides = []
        for (run, epoch), top, name in zip(both, found, names, strict=True):
            own = [channel for channel in chosen if channel < len(top.score)]
            nine = results.gallery_of(run, epoch, layer, top, own, split=split)
            sides.append(top_patches_figures.Nine(name, own, nine, top.score[own]))
        return top_patches_figures.top_patches_beside_figure(sides, layer=layer)

    settings: dict[str, Any] = {"layer": layer, "split": split, "channels": chosen}
    second = {f"second_{name}": array for name, array in to_arrays(found[1]).items()}
    made = how_made("top-patches", *both[0], **settings, beside=names[1])
    write(path, figure, to_arrays(found[0]) | second, made)


def _strongest(top: TopPatches, count: int = CHANNELS) -> list[int]:
    order = top.score[:, 0].argsort(descending=True, stable=True)
    return sorted(order[:count].tolist())
