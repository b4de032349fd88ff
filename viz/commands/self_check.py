"""python -m viz self-check: do projections do what they say?"""

from __future__ import annotations

from training.errors import WorkbenchError
from viz import results
from viz.flags import open_run
from viz.store.reporting import reporting


def self_check(run: str, *, epoch: int | None = None, progress: str | None = None) -> None:
    """Compare projections with unpooling, rectifying and transposed filtering written out.

    Prints the result, which is kept in the run; fails where they differ by more than rounding.

    Args:
        run: Run folder.
        epoch: The last one if not given.
        progress: JSON file that tells how far it is, for other programs to read.
    """
    opened, at = open_run(run, epoch)
    with reporting("Comparing projections", progress) as told:
        found = results.self_check(opened, at, progress=told)
    if not found.passed:
        raise WorkbenchError(found.words)
    print(found.words)
