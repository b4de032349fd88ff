"""What a network tells of itself, without images of a data set."""

from __future__ import annotations

import numpy as np
import torch

from training import __version__
from training.progress import Progress, silent
from training.runs import Run
from viz.results.opening import answered, network_of
from viz.self_check import SelfCheck
from viz.self_check import compute as self_checks
from viz.store.cache import Arrays, Question


def self_check(
    run: Run, epoch: int, *, only_kept: bool = False, progress: Progress = silent
) -> SelfCheck:
    """Whether projections equal the paper's steps; see `viz.self_check`."""
    # it is about the code, too: other versions are another question
    settings = {
        "layers": self_checks.MOST_LAYERS,
        "filterscope": __version__,
        "torch": torch.__version__,
    }
    question = Question("self-check", run.digest(epoch), "", settings)

    def compute() -> Arrays:
        found = self_checks.self_check(network_of(run, epoch), progress=progress)
        return {
            "layers": np.array(found.layers, dtype=str),
            "deviation": np.array(found.deviation),
            "gradient": np.array(found.gradient),
            "uncovered": np.array(found.uncovered, dtype=str),
        }

    arrays = answered(run, question, compute, only_kept)
    return SelfCheck(
        layers=tuple(arrays["layers"].tolist()),
        deviation=float(arrays["deviation"]),
        gradient=float(arrays["gradient"]),
        uncovered=tuple(arrays["uncovered"].tolist()),
    )
