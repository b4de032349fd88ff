"""A strip of validation images with what the network takes them for."""

from __future__ import annotations

from html import escape

import numpy as np
import streamlit as st
import torch

from app.shell.errors import plain
from app.shell.frame import Choice, go_to
from app.shell.runs import data_of
from training.errors import WorkbenchError
from training.status import RUNNING
from viz.drawing.words import percent
from viz.network.images import spread_over_classes

IMAGES, GUESSES, COLUMN_PX = 6, 5, 164
RIGHT, WRONG = "#0072b280", "#8888884d"  # half transparent: good on light and dark


def show_guesses(choice: Choice) -> None:
    """Draw the strip, once there are images: a run that has just begun still prepares them."""
    run = choice.run
    if not run.info.data:
        return
    if run.status().state == RUNNING and run.metrics().empty:
        return
    st.subheader("What it says", anchor=False)
    st.caption(
        f"Validation images and the network's five best guesses after epoch {choice.epoch}; "
        "the true class in bold, with a tick."
    )
    try:
        data = data_of(run)
    except WorkbenchError as error:
        st.warning(plain(str(error)), icon=":material/image_not_supported:")
        return
    split = data.val
    chosen = spread_over_classes(split, IMAGES)
    images = np.stack([split.images[index] for index in chosen])
    probability = _probabilities(choice, images)
    row = st.container(horizontal=True, gap="medium")
    for place, index in enumerate(chosen):
        true_class = data.classes[split.labels[index]]
        with row.container(width=COLUMN_PX, gap="small"):
            alt = f"Validation image {index}, {true_class}"
            st.image(images[place], width=COLUMN_PX, alt=alt)
            st.html(_bars(run.classes, probability[place], true_class))
            if st.button(
                "Where it looks",
                key=f"occlude {index}",
                type="tertiary",
                icon=":material/visibility_off:",
                help="Cover the image spot by spot and watch the answer",
            ):
                go_to("occlusion", image=f"val:{index}")


@torch.inference_mode()
def _probabilities(choice: Choice, images: np.ndarray) -> np.ndarray:
    """(N, S, S, 3) uint8 to class probabilities (N, K)."""
    network = choice.network()
    batch = choice.run.preprocess.from_uint8(images).to(network.device)
    return network(batch).softmax(dim=1).cpu().numpy()


def _bars(classes: tuple[str, ...], probability: np.ndarray, true_class: str) -> str:
    """The five best guesses as bars, as in Krizhevsky et al. 2012, figure 4."""
    best = probability.argsort()[::-1][:GUESSES].tolist()
    return "".join(
        _bar(classes[index], float(probability[index]), classes[index] == true_class)
        for index in best
    )


def _bar(name: str, share: float, right: bool) -> str:
    words = escape(name)
    shown = f"<b>{words}</b> ✓" if right else words
    colour = RIGHT if right else WRONG
    return (
        f'<div title="{words}, {percent(share)}" style="display:flex; gap:4px; font-size:12px; '
        "line-height:20px; margin-bottom:2px; border-radius:2px; padding:0 4px; "
        f'background:linear-gradient(to right, {colour} {100 * share:.1f}%, transparent 0)">'
        '<span style="flex:1; overflow:hidden; white-space:nowrap; text-overflow:ellipsis">'
        f"{shown}</span><span>{100 * share:.0f} %</span></div>"
    )
