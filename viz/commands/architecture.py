"""python -m viz architecture: the network as blocks in proportion to its maps."""

from __future__ import annotations

from training.runs import Run
from viz.architecture import arrays_of, describe
from viz.architecture.figure import architecture_figure
from viz.flags import out_file
from viz.results import blueprint
from viz.store.export import how_made, write


def architecture(run: str, *, out: str | None = None) -> None:
    """The network as blocks in proportion to its maps.

    .npz holds, for each of L layers in forward order: name, parameters, macs (L).

    Args:
        run: Run folder.
        out: File to write: .png, .svg, .pdf or .npz.
    """
    path = out_file(out)
    opened = Run.open(run)
    rows = describe(blueprint(opened))
    write(
        path,
        lambda: architecture_figure(rows, name=opened.info.model),
        arrays_of(rows),
        how_made("architecture", opened),
    )
