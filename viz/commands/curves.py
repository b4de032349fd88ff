"""python -m viz curves: how a run went, epoch by epoch."""

from __future__ import annotations

from typing import Literal

from training.errors import WorkbenchError
from training.runs import Run
from viz.curves import arrays_of
from viz.curves.figure import curves_figure
from viz.curves.layers_figure import layers_figure
from viz.flags import out_file
from viz.store.export import how_made, write


def curves(run: str, *, of: Literal["run", "layers"] = "run", out: str | None = None) -> None:
    """Loss and error by epoch, or what training does to each layer.

    .npz holds, for the run: the columns of metrics.csv, one number an epoch. For its layers:
    layer (L,), epoch (E,), and the other columns of layers.csv as (E, L), NaN where a layer has
    no such number.

    Args:
        run: Run folder.
        of: run for loss and error; layers for update ratios, dead units, norms, rate and speed.
        out: File to write: .png, .svg, .pdf or .npz.
    """
    path = out_file(out)
    opened = Run.open(run)
    metrics, layers = opened.metrics(), opened.layers()
    if metrics.empty:
        raise WorkbenchError(f"{opened.name} has no epoch yet. Wait for the first, or train on.")
    if of == "layers" and layers.empty:
        raise WorkbenchError(
            f"{opened.name} has no layers.csv: it was trained before layers were watched. Train "
            "it anew, or leave out --of."
        )
    made = how_made("curves", opened, of=of, trained=len(metrics))
    if of == "run":
        columns = {str(name): metrics[name].to_numpy() for name in metrics}
        write(path, lambda: curves_figure(metrics), columns, made)
    else:
        write(path, lambda: layers_figure(metrics, layers), arrays_of(layers), made)
