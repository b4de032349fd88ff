r"""Write docs/gallery.md: every figure of `python -m viz report` for a few runs, as measured.

python docs/make_gallery.py runs/tiny-imagenet runs/caltech101 \
    --parts caltech101=docs/parts/caltech101-faces.csv

Eight pictures of the first run lead, which were chosen by hand and are said to be: `--first` names
others.
The same table of sections makes the report and the gallery (viz/report/sections.py), so a new view
is in both. Run it from anywhere; it replaces the document and its pictures.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from pathlib import Path

from training.atomic import write_text
from training.errors import WorkbenchError
from training.run_writer import provenance
from training.runs import Run
from viz.cli import commands
from viz.report import Report, make
from viz.report.markdown import gallery, plain
from viz.store.export import write_bytes
from viz.store.lend import Lender, checked_epoch
from viz.store.reporting import reporting

DOCS = Path(__file__).resolve().parent
PICTURES = "images/gallery"
FIRST = (
    "film-1",
    "filters-1",
    "top-patches-3",
    "top-patches-5",
    "evolution-2",
    "occlusion-1",
    "attribution-1",
    "retrieval-1",
)
HEAD = """\
# Gallery

What {runs} learned to see: every figure of `python -m viz report`, numbers as measured. Channels
are those with the strongest response, images the first of a few classes that are classified
correctly with a probability between 60 and 97 %. Each figure stands above the line that makes it,
and carries its run, checkpoint and settings: `python -m viz provenance FILE` reads them back.

Revision {revision}, torch {torch}, {machine}. Made by

```sh
{command}
```

"""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("runs", nargs="+", help="run folders, in the order to be shown")
    arguments.add_argument(
        "--parts", action="append", default=[], metavar="NAME=FILE", help="parts marked for a run"
    )
    arguments.add_argument(
        "--first", action="append", default=[], metavar="NAME", help="pictures that lead"
    )
    arguments.add_argument("--machine", help="what it ran on, in words")
    return arguments


def main() -> int:
    asked = parser().parse_args()
    try:
        parts = dict(part.split("=", 1) for part in asked.parts)
        reports = [_report(run, parts.get(Path(run).name)) for run in asked.runs]
        first = asked.first or [f"{reports[0].name}-{each}" for each in FIRST]
        text, pictures = gallery(reports, PICTURES, first)
    except WorkbenchError as error:
        print(f"filterscope: {error}", file=sys.stderr)
        return 2
    folder = DOCS / PICTURES
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()
    for name, png in pictures.items():
        write_bytes(folder / name, png)
    machine = asked.machine or f"{os.cpu_count()} cores ({platform.machine()})"
    write_text(DOCS / "gallery.md", _head(reports, asked.parts, machine) + text)
    size = sum(map(len, pictures.values()))
    print(f"{len(pictures)} pictures, {size / 2**20:.1f} MB, in {folder}")
    return 0


def _report(path: str, parts: str | None) -> Report:
    run = Run.open(path)
    epoch = checked_epoch(run, None)
    with reporting(run.name, None) as told:
        return make(
            run,
            epoch,
            commands(Lender()),
            parts=Path(parts) if parts else None,
            clearest=True,
            progress=told,
        )


def _head(reports: list[Report], parts: list[str], machine: str) -> str:
    here = provenance()
    words = [f"runs/{report.name}" for report in reports]
    words += [f"--parts {part}" for part in parts]
    return HEAD.format(
        runs=" and ".join(plain(report.name) for report in reports),
        revision=here["revision"] or "unknown",
        torch=here["versions"]["torch"],
        machine=machine,
        command=f"python docs/make_gallery.py {' '.join(words)}",
    )


if __name__ == "__main__":
    sys.exit(main())
