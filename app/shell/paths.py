"""Where the workbench keeps what it shows. Known before anything heavy is imported."""

import os
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
"""Folder of the program, from which child processes import it."""


def runs_root() -> Path:
    """The folder of runs: FILTERSCOPE_RUNS, or else `runs` where the workbench was started."""
    return Path(os.environ.get("FILTERSCOPE_RUNS", "runs"))
