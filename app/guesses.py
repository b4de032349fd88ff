"""A strip of validation images with what the network takes them for."""

from __future__ import annotations

import numpy as np
import streamlit as st
import torch

from app.errors import plain
from app.frame import Choice, go_to
from app.runs import data_of
from app.words import percent
from training.errors import WorkbenchError
from training.status import RUNNING

IMAGES, GUESSES, SIDE_PX = 6, 5, 144


def show_guesses(choice: Choice) -> None:
    """Draw the strip, once there are images: a run that has just begun still prepares them."""
    run = choice.run
    if not run.config.get("data"):
        return
    if run.status().state == RUNNING and run.metrics().empty:
        return
    st.subheader("What it says", anchor=False)
    st.caption(
        f"Validation images and the network's five best guesses after epoch {choice.epoch}; "
        "the true class in bold."
    )
    try:
        split = data_of(run).val
    except WorkbenchError as error:
        st.warning(plain(str(error)), icon=":material/image_not_supported:")
        return
    chosen = _spread(split.labels)
    images = np.stack([split.images[index] for index in chosen])
    probability = _probabilities(choice, images)
    for column, place in zip(st.columns(len(chosen)), range(len(chosen)), strict=True):
        index = chosen[place]
        with column:
            name = run.classes[int(split.labels[index])]
            st.image(images[place], width=SIDE_PX, alt=f"Validation image {index}, {name}")
            st.markdown(_words(run.classes, probability[place], int(split.labels[index])))
            if st.button(
                "Where it looks",
                key=f"occlude {index}",
                type="tertiary",
                icon=":material/visibility_off:",
            ):
                go_to("occlusion", image=f"val:{index}")


def _spread(labels: np.ndarray) -> list[int]:
    """The first image of each of some classes, evenly spread."""
    classes = np.unique(labels)
    some = classes[np.linspace(0, len(classes) - 1, min(IMAGES, len(classes))).astype(int)]
    return [int(np.flatnonzero(labels == label)[0]) for label in some]


@torch.inference_mode()
def _probabilities(choice: Choice, images: np.ndarray) -> np.ndarray:
    """(N, S, S, 3) uint8 to class probabilities (N, K)."""
    network = choice.network()
    batch = choice.run.preprocess.from_uint8(images).to(network.device)
    return network(batch).softmax(dim=1).cpu().numpy()


def _words(classes: tuple[str, ...], probability: np.ndarray, label: int) -> str:
    best = probability.argsort()[::-1][:GUESSES]
    lines = []
    for index in best.tolist():
        name = plain(classes[index])
        shown = f"**{name}** ✓" if index == label else name
        lines.append(f"{shown} {percent(float(probability[index]))}")
    return "  \n".join(lines)
