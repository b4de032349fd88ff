"""A small finished run that comes with the package, so that every page has something to show.

Its weights lie here in half precision; opened, it is a run like any other. `make.py` trains it.
"""

from __future__ import annotations

from pathlib import Path

from training.atomic import make_folder, write_text
from training.checkpoints import checkpoint_path, load_checkpoint, save_checkpoint
from training.runs import Run

NAME = "finished"
FOLDER = Path(__file__).parent / "run"
SUMS = "SHA256SUMS"
TABLES = ("metrics.csv", "layers.csv")


def unpack(path: Path) -> Run:
    """Make an ordinary run of it in a folder, unless it is there already.

    Args:
        path: The run's folder.

    Raises:
        WorkbenchError: If the folder cannot be written, or what was shipped has been altered.
    """
    if not (path / "run.json").exists():
        make_folder(path)
        make_folder(path / "checkpoints")
        for epoch in Run(FOLDER, {}).epochs:
            weights = load_checkpoint(checkpoint_path(FOLDER, epoch))
            save_checkpoint(path, epoch, {name: half.float() for name, half in weights.items()})
        for name in (*TABLES, "run.json"):  # the last makes a run of the folder
            write_text(path / name, (FOLDER / name).read_text(encoding="utf-8"))
    return Run.open(path)
