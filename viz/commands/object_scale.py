"""python -m viz object-scale: how large the objects are beside what each layer sees."""

from __future__ import annotations

from viz import results
from viz.flags import Split, open_run, out_file
from viz.object_scale import as_arrays, words
from viz.object_scale import object_scale as measure
from viz.object_scale.figure import object_scale_figure
from viz.store.export import how_made, write


def object_scale(
    run: str,
    *,
    beside: str | None = None,
    split: Split = "val",
    epoch: int | None = None,
    out: str | None = None,
) -> None:
    """How large the objects are beside what the units of each layer see.

    Needs a data set that knows where its objects are. .npz holds, of the first run: sizes (n),
    layers, receptive_field and stride (L), all lengths in px of the network's input.

    Args:
        run: Run folder.
        beside: Folder of another run, to be drawn and told of as well.
        split: Whose objects are measured.
        epoch: Only named in the file: the weights play no part.
        out: File to write: .png, .svg, .pdf or .npz.
    """
    path = out_file(out)
    opened = [open_run(run, epoch), *([open_run(beside, None)] if beside else [])]
    names = [each.name for each, _at in opened]
    scales = [
        measure(results.blueprint(each), results.split_of(each.data(), split), each.preprocess)
        for each, _at in opened
    ]
    write(
        path,
        lambda: object_scale_figure(scales, names),
        as_arrays(scales[0]),
        how_made("object-scale", *opened[0], split=split, beside=names[1:]),
    )
    for scale, name in zip(scales, names, strict=True):
        print(f"{name}: {words(scale)}")
