"""Invariance: what may happen to a picture before the answer changes?"""

from __future__ import annotations

import shlex
from typing import Any

import numpy as np
import streamlit as st
from matplotlib.figure import Figure

from app.jobs.ask import answer
from app.shell.frame import Choice, compared
from app.shell.runs import data_of
from app.widgets.downloads import made_by, offer
from app.widgets.drawing import show_figure
from app.widgets.images import ChosenImage, choose_image, offered, on_both, open_image
from app.widgets.layout import heading
from training.errors import WorkbenchError
from viz import results
from viz.drawing.style import plain
from viz.invariance import Invariance, as_arrays, few_steps
from viz.invariance.figure import invariance_figure
from viz.network.layers import last_hidden

SHOWN = 5  # pictures, as in the paper's figure


def page() -> None:
    heading(
        "Invariance",
        "The picture is moved, enlarged and turned. Features of the first layer go far at once; "
        "those of the last hidden layer should stay near, and the answer the same.",
    )
    choices = compared()
    pairs = on_both(choices, choose_image(choices[0]))
    for side, (choice, image) in zip("AB", pairs, strict=False):
        if len(pairs) > 1:
            st.markdown(f"**{side}**: {choice.title}")
        draw(choice, [image, *others(choice, image)])


def draw(choice: Choice, images: list[ChosenImage]) -> None:
    """The curves of one network."""
    found = invariance_of(choice, images)
    names = [plain(image.name.partition(" (validation")[0], 28) for image in images]

    def figure() -> Figure:
        strips = few_steps(choice.run.preprocess, images[0].picture)
        return invariance_figure(found, strips, names)

    alt = f"Distances and probabilities of {', '.join(names)} under three transformations"
    show_figure(figure(), alt=alt)
    hidden = last_hidden(results.blueprint(choice.run))
    st.caption(
        f"Left: the first picture, changed a little and much. Distances are Euclidean, from the "
        f"picture as it is; for {hidden} a straight line means that it follows the change evenly. "
        "A rotation is borne where the picture itself looks alike (Zeiler & Fergus 2013, figure 5)."
    )
    offer_curves(choice, images, found, figure)


def others(choice: Choice, first: ChosenImage) -> list[ChosenImage]:
    """A few validation images of other classes, where the run has any."""
    try:
        data = data_of(choice.run)
    except WorkbenchError:
        return []
    keys = [f"val:{index}" for index in offered(data.val)]
    return [open_image(key, choice, data) for key in keys if key != first.key][: SHOWN - 1]


def invariance_of(choice: Choice, images: list[ChosenImage]) -> list[Invariance]:
    """Kept once for each checkpoint and set of pictures."""
    run, epoch = choice.run, choice.epoch
    pictures, labels = [image.picture for image in images], [image.label for image in images]

    def compute(**how: Any) -> list[Invariance]:
        return results.invariance(run, epoch, pictures, labels, **how)

    return answer(compute, run, command(choice, images), label="Moving the pictures")


def command(choice: Choice, images: list[ChosenImage]) -> list[str]:
    sources = ",".join(image.source for image in images)
    path = str(choice.run.path)
    return ["invariance", path, "--epoch", str(choice.epoch), "--images", sources]


def offer_curves(
    choice: Choice, images: list[ChosenImage], found: list[Invariance], figure: Any
) -> None:
    run, epoch = choice.run, choice.epoch
    words = shlex.join(command(choice, images))
    offer(
        figure,
        lambda: {name: np.asarray(array) for name, array in as_arrays(found).items()},
        name=f"{run.name}-invariance-epoch-{epoch}",
        made=made_by(choice, "invariance", images=[image.seen(run) for image in images]),
        shell=f"python -m viz {words} --out invariance.png",
        python=PYTHON.format(
            path=run.path,
            epoch=epoch,
            sources=[image.source for image in images],
            labels=[image.label for image in images],
        ),
    )


PYTHON = """\
from training.runs import Run
from viz import results
from viz.flags import picture_of

run = Run.open("{path}")
pictures = [picture_of(run, source)[0] for source in {sources}]
results.invariance(run, {epoch}, pictures, {labels})"""


page()
