"""What happens to a few pictures: covered spot by spot."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cache
from typing import Any

from PIL import Image

from training.models import Network
from training.progress import Progress, silent
from training.runs import Run
from viz.network.fills import filling
from viz.occlusion import Occlusion, scan, square_for
from viz.results.opening import answered, digest_of, network_of
from viz.store.cache import Arrays, Question, forget_partial, from_arrays, keep, recall, to_arrays

SAVE_EVERY_S = 1.0  # also how old the picture may be that a page shows meanwhile


def occlusion(run: Run, epoch: int, image: Image.Image, **how: Any) -> Occlusion:
    """What covering each spot of one image costs; arguments as `occlusions`."""
    return occlusions(run, epoch, [image], **how)[0]


def occlusions(
    run: Run,
    epoch: int,
    images: Sequence[Image.Image],
    *,
    window: int | None = None,
    stride: int | None = None,
    fill: str = "grey",
    only_kept: bool = False,
    progress: Progress = silent,
) -> list[Occlusion]:
    """What covering each spot of some images costs; each is kept for itself.

    Work that is stopped goes on where it stopped.

    Args:
        run: Whose network.
        epoch: Of the network.
        images: Any RGB images.
        window: Side of the square, in input pixels; see `square_for` for the default.
        stride: Step, in input pixels; likewise.
        fill: What the square lets through, see `viz.fills.filling`.
        only_kept: Raise `NotKept` rather than compute.
        progress: Told (positions done, positions) over all images.
    """
    network = cache(lambda: network_of(run, epoch))
    found: list[Occlusion] = []
    for image in images:
        question = _question(run, epoch, image, window, stride, fill)

        def tell(done: int, total: int, before: int = len(found)) -> None:
            progress(before * total + done, len(images) * total)

        def compute(
            image: Image.Image = image, question: Question = question, tell: Progress = tell
        ) -> Arrays:
            return to_arrays(_slide_on(run, network(), image, question, tell))

        found.append(from_arrays(Occlusion, answered(run, question, compute, only_kept)))
        forget_partial(run.derived, question)
    return found


def occlusion_so_far(
    run: Run,
    epoch: int,
    image: Image.Image,
    *,
    window: int | None = None,
    stride: int | None = None,
    fill: str = "grey",
) -> Occlusion | None:
    """What is kept of an image's occlusion, whole or at least coarse; None where there is less."""
    question = _question(run, epoch, image, window, stride, fill)
    for partial in (False, True):
        arrays = recall(run.derived, question, partial=partial)
        if arrays is not None and (found := from_arrays(Occlusion, arrays)).step:
            return found
    return None


def _question(
    run: Run, epoch: int, image: Image.Image, window: int | None, stride: int | None, fill: str
) -> Question:
    """Neither class nor layer is part of it: one pass answers for all of them."""
    default_window, default_stride = square_for(run.preprocess.size)
    settings = {
        "image": digest_of(run, image),
        "window": window or default_window,
        "stride": stride or default_stride,
        "fill": fill,
    }
    return Question("occlusion", run.digest(epoch), "", settings)


def _slide_on(
    run: Run, network: Network, image: Image.Image, question: Question, progress: Progress
) -> Occlusion:
    """From where an earlier pass stopped; what is found is kept every second."""
    pixels = run.preprocess(image)
    settings = question.settings
    arrays = recall(run.derived, question, partial=True)
    before = state = None if arrays is None else from_arrays(Occlusion, arrays)
    states = scan(
        network,
        pixels,
        window=settings["window"],
        stride=settings["stride"],
        fill=filling(settings["fill"], pixels),
        state=before,
    )
    saved = time.monotonic()
    try:
        for state in states:
            if time.monotonic() - saved > SAVE_EVERY_S:
                keep(run.derived, question, to_arrays(state), partial=True)
                saved = time.monotonic()
            progress(state.done, state.shape[0] * state.shape[1])
    except BaseException:  # also Ctrl-C: whatever the reason, what has been found is not lost
        if state is not None and state.done > (before.done if before else 0):
            keep(run.derived, question, to_arrays(state), partial=True)
        raise
    assert state is not None
    return state
