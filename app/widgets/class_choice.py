"""The class that a page asks about, chosen among the network's answers."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
import torch
from torch import Tensor

from app.shell import address
from app.widgets.bars import best
from training.models import Network
from training.runs import Run
from viz.drawing.words import label_of, percent


def probabilities(network: Network, image: Tensor) -> Tensor:
    """(K,) of one normalised image."""
    with torch.inference_mode():
        return network.probabilities(image[None].to(network.device))[0].cpu()


def caption_outputs(run: Run) -> None:
    """What to bear in mind of probabilities side by side, where there is something."""
    if run.outputs.note:
        st.caption(run.outputs.note)


def pick_class(classes: Sequence[str], probability: Tensor, known: int | None = None) -> int:
    """A box with all classes, the most probable first; in the address by number, or by name.

    Args:
        classes: All K names.
        probability: (K,) of the image; the most probable class is chosen by default.
        known: The true class, if it is to be the default and to have a tick.
    """
    with st.container(width=280):
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
