"""`python -m training probe`: linear classifiers on a run's layers, by the view that draws them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from training.errors import WorkbenchError
from training.runs import Run

ALL = "all"


def probe_run(run: str, *, classifier: Sequence[str], epochs: str | None, **flags: Any) -> None:
    """Have `python -m viz probe` score a run's layers, print the table and keep the answers.

    Training knows no figures, so that, as for `compare`, another process makes them.

    Args:
        run: Run folder.
        classifier: svm, softmax or both.
        epochs: all, or numbers with commas between; the last one if not given.
        **flags: Of that command, by name.

    Raises:
        WorkbenchError: If there is no such run; what else is wrong the command itself has said.
    """
    opened = Run.open(run)
    words = ["--classifier", ",".join(dict.fromkeys(classifier))]
    if epochs == ALL:
        epochs = ",".join(map(str, opened.epochs))
    if epochs:
        words += ["--epochs", epochs]
    for name, value in flags.items():
        words += [f"--{name}", str(value)]
    done = subprocess.run([sys.executable, "-m", "viz", "probe", run, *words], check=False)
    if done.returncode:
        raise WorkbenchError(f"{run} was not probed; why is said above.")
