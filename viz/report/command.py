"""python -m viz report: the papers' figures for one run, as one page."""

from __future__ import annotations

from pathlib import Path

from training.errors import WorkbenchError
from training.runs import Run
from viz.report import make, page
from viz.store.export import check_out, write_bytes
from viz.store.lend import Lender, checked_epoch
from viz.store.lines import from_text
from viz.store.reporting import reporting


def report(
    run: str,
    *,
    images: str | None = None,
    parts: str | None = None,
    epoch: int | None = None,
    out: str | None = None,
    progress: str | None = None,
) -> None:
    """The papers' figures for one run, as one page that holds everything.

    A section that cannot be made says why. What is expensive is cached in the run, so that a second
    report is quick.

    Args:
        run: Run folder.
        images: Numbers of validation images, with commas between; a few spread over the classes
            if not given.
        parts: A table of parts as `correspondence` reads it; the objects if the data set knows
            them.
        epoch: The last one if not given.
        out: File to write: .html; cached in the run if not given.
        progress: JSON file that tells how far it is, for other programs to read.
    """
    from viz.cli import commands  # which holds this command, too

    path = None if out is None else Path(out)
    check_out(path, ".html", kinds=())
    opened = Run.open(run)
    at, asked = checked_epoch(opened, epoch), _numbers(images)
    if parts is not None and not Path(parts).is_file():
        raise WorkbenchError(f"There is no table of parts {parts}. Check the path.")
    with reporting("Writing the report", progress) as report_progress:
        marked = Path(parts) if parts else None
        views = commands(Lender())  # no checkpoint is opened twice
        found = make(opened, at, views, images=asked, parts=marked, progress=report_progress)
        if path is None:
            path = cached_report(opened, at)
            path.parent.mkdir(exist_ok=True)
        write_bytes(path, page(found).encode())


def cached_report(run: Run, epoch: int) -> Path:
    """Where the report on an epoch is cached, if it was ever written."""
    return run.derived / f"report-{run.digest(epoch)[:16]}.html"


def _numbers(text: str | None) -> list[int]:
    try:
        return [] if text is None else list(from_text(tuple[int, ...], text))
    except ValueError as error:
        raise WorkbenchError(
            f"--images takes numbers with commas between, like 3,17; got {text!r}."
        ) from error
