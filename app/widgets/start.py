"""Which images a page offers, and starts with, where the visitor has chosen none."""

from __future__ import annotations

import streamlit as st
import torch

from app.shell import runs
from app.shell.frame import Choice
from training.data import Data
from training.errors import WorkbenchError
from training.runs import Run
from viz.architecture.compute import describe
from viz.network.images import SplitImages, spread_over_classes
from viz.network.starting import spread, starting_order

SAMPLE, CANDIDATES, WINDOWS = 96, 6, 16
LEAST_SAMPLE = 12
BUDGET = 40e9  # multiply-accumulates: about a second of two cores


def starting_images(choice: Choice, data: Data, count: int) -> list[int]:
    """Validation images to offer, the one to start with first; see `starting_order`.

    They are chosen by the run's last epoch, whichever is looked at, and stay for the visit: the
    picture does not change while epochs play, or while the run learns. Of an untrained network, and
    where the classes are others', they are spread over the classes.
    """
    chosen: dict[str, list[int]] = st.session_state.setdefault("starting images", {})
    key = f"{choice.run.path} {choice.run.info.data_fingerprint}"
    if key not in chosen:
        last = _last_sound(choice.run)
        if not last or data.foreign or not len(data.val.labels):
            return spread_over_classes(data.val, count)
        chosen[key] = _starting(str(choice.run.path), choice.run.digest(last), last)
    return chosen[key][:count]


@st.cache_data(max_entries=64, show_spinner="Choosing an image to start with")
def _starting(run_path: str, digest: str, epoch: int) -> list[int]:
    run = Run.open(run_path)
    data, network = runs.data_of(run), runs.network_of(run_path, digest, epoch)
    passes = BUDGET / max(sum(row.macs for row in describe(run.plan)), 1)
    sample = spread(len(data.val.labels), max(LEAST_SAMPLE, min(SAMPLE, int(passes / 2))))
    images = SplitImages(data.val, run.preprocess)
    known = {name: index for index, name in enumerate(run.classes)}
    labels = [known.get(data.classes[int(data.val.labels[index])], -1) for index in sample]
    order = starting_order(
        network,
        images[torch.tensor(sample)],
        labels,
        candidates=min(CANDIDATES, int(passes / 2 / WINDOWS)),
    )
    return [sample[at] for at in order]


def _last_sound(run: Run) -> int:
    """The last epoch whose weights can be read; 0 where only the untrained ones can."""
    for epoch in reversed(run.epochs):
        try:
            run.digest(epoch)
        except WorkbenchError:
            continue
        return epoch
    return 0
