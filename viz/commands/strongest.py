"""python -m viz strongest: in each layer the unit that an image excites most."""

from __future__ import annotations

from viz import results
from viz.flags import open_run, out_file, picture_of
from viz.store.export import how_made, image_seen, write
from viz.strongest import as_arrays
from viz.strongest.figure import strongest_figure


def strongest(
    run: str,
    *,
    image: str = "0",
    epoch: int | None = None,
    out: str | None = None,
) -> None:
    """In each layer the unit that an image excites most, what it sees, and its projection.

    Where a layer's top patches are kept (`top-patches --layer all`), a unit is measured by the
    strongest response of its channel to any validation image, elsewhere by its activation alone.
    .npz holds: channel, row, col, activation, share (L), first layer first; share is NaN where the
    top patches are not kept.

    Args:
        run: Run folder.
        image: A picture file, or the number of a validation image.
        epoch: The last one if not given.
        out: File to write: .png, .svg, .pdf or .npz.
    """
    path = out_file(out)
    opened, at = open_run(run, epoch)
    picture, name = picture_of(opened, image)
    units = results.strongest(opened, at, picture)
    seen = image_seen(opened, picture, name)
    made = how_made("strongest", opened, at, image=seen)
    write(path, lambda: strongest_figure(units), as_arrays(units), made)
