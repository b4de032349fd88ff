"""python -m viz diagnosis: whether stride and filter size are right."""

from __future__ import annotations

from viz import results
from viz.diagnosis import as_arrays
from viz.diagnosis import figure as diagnosis_figures
from viz.diagnosis.findings import findings
from viz.diagnosis.pair import verdict, votes
from viz.flags import Split, open_run, out_file
from viz.store.export import how_made, write
from viz.store.reporting import reporting


def diagnosis(
    run: str,
    *,
    beside: str | None = None,
    beside_epoch: int | None = None,
    split: Split = "val",
    epoch: int | None = None,
    out: str | None = None,
    progress: str | None = None,
) -> None:
    """Whether stride and filter size are right: aliasing, dead and equal channels, shifts.

    The findings are printed, worst first; what is measured is kept in the run. .npz holds all of
    it, of the first run: spectra_…, gabors_…, shifts_… and, for each rectified layer,
    relu1_active and so on.

    Args:
        run: Run folder.
        beside: Folder of another run, to be drawn and told of as well.
        beside_epoch: Of the other; its last one if not given.
        split: Images to look at.
        epoch: Of the run; the last one if not given.
        out: File to write: .png, .svg, .pdf or .npz.
        progress: JSON file that tells how far it is, for other programs to read.
    """
    path = out_file(out)
    opened = [open_run(run, epoch), *([open_run(beside, beside_epoch)] if beside else [])]
    names = [f"{each.name}, epoch {at}" for each, at in opened]
    with reporting("Diagnosing", progress) as told:
        found = [results.diagnosis(each, at, split=split, progress=told) for each, at in opened]
        write(
            path,
            lambda: diagnosis_figures.diagnosis_figure(found, names),
            as_arrays(found[0]),
            how_made("diagnosis", *opened[0], split=split, beside=names[1:]),
        )
    for one, name in zip(found, names, strict=True):
        whose = f"{name}, " if beside else ""
        for finding in findings(one):
            print(f"{whose}{finding.layer}: {finding.words}")
        if not findings(one):
            print(f"{whose}nothing stands out." if beside else "Nothing stands out.")
    if len(found) == 2:
        errors = [each.top1_error(at) for each, at in opened]
        print(verdict(votes(*found), (names[0], names[1]), (errors[0], errors[1])))
