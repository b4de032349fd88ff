"""The class that a page asks about, chosen among the network's answers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st
import torch
from torch import Tensor

from app.shell import address
from app.shell.frame import Choice
from app.shell.runs import data_of
from app.widgets.bars import best
from training.models import Network
from training.outputs import Outputs
from training.runs import Run
from viz.drawing.words import label_of, percent

if TYPE_CHECKING:
    from app.widgets.images import ChosenImage

UNSURE = 0.3  # of a picture that no data set vouches for
EVEN = 0.8  # share of the greatest entropy


def probabilities(network: Network, image: Tensor) -> Tensor:
    """(K,) of one normalised image."""
    with torch.inference_mode():
        return network.probabilities(image[None].to(network.device))[0].cpu()


def doubt_of(own: Tensor, outputs: Outputs) -> str:
    """Whether none of the classes may fit a picture from elsewhere, in a sentence, or nothing.

    Said where none reaches 30 %, or where the answer is spread nearly evenly over few classes.
    The other way round it proves nothing: networks are often sure of what they were never shown.

    Args:
        own: (K,) probabilities of the picture.
        outputs: What they are.
    """
    best, count = float(own.max()), len(own)
    spread = float(-(own * own.clamp(min=1e-12).log()).sum()) / math.log(max(count, 2))
    if best >= UNSURE and not (outputs.exclusive and spread > EVEN):
        return ""
    return (
        f"None of the {count} classes may fit: the most probable one has {percent(best, 0)}. "
        "A network can also be sure of what it was never shown."
    )


def true_class(choice: Choice, image: ChosenImage) -> int | None:
    """The image's class as the network counts them; None where it is not known or not learned."""
    if image.label is None:
        return None
    name = data_of(choice.run).classes[image.label]
    return choice.run.classes.index(name) if name in choice.run.classes else None


def caption_outputs(run: Run) -> None:
    """What to bear in mind of probabilities side by side, where there is something."""
    if run.outputs.note:
        st.caption(run.outputs.note)


def pick_class(
    classes: Sequence[str], probability: Tensor, known: int | None = None, *, width_px: int = 280
) -> int:
    """A box with all classes, the most probable first; in the address by number, or by name.

    Args:
        classes: All K names.
        probability: (K,) of the image; the most probable class is chosen by default.
        known: The true class, if it is to be the default and to have a tick.
        width_px: Of the box.
    """
    with st.container(width=width_px):
        return address.pick(
            st.selectbox,
            "Class",
            best(probability, len(classes)),
            name="label",
            default=int(probability.argmax()) if known is None else known,
            also={name: index for index, name in enumerate(classes)},
            format_func=lambda index: (
                f"{label_of(classes, index, None)}{' ✓' if index == known else ''} · "
                f"{percent(float(probability[index]))}"
            ),
        )
