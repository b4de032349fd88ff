"""A layer's top patches on a page: mined where they have to be, and drawn to point at."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st
import torch

from app.jobs.ask import answer
from app.shell import address
from app.shell.frame import Choice
from app.shell.runs import data_of, network_of
from app.shell.words import time_left
from app.views.top_patches.inspector import is_silent
from app.widgets.cached_patches import recalled_patches
from app.widgets.drawing import pointed_at
from training.data import Data
from training.runs import Run
from viz import results
from viz.drawing.style import number
from viz.network.images import SplitImages
from viz.top_patches import TopPatches
from viz.top_patches.gallery import gallery
from viz.top_patches.patch_sheet import patch_sheet, small_tiles

TELL_EVERY_S = 0.25
SHEET_PX = 680


def top_patches_of(choice: Choice, layer: str, layers: Sequence[str]) -> TopPatches:
    """The layer's strongest patches; all the layers are mined in one pass where they have to be."""
    run, epoch = choice.run, choice.epoch

    def compute(only_kept: bool = False, **how: Any) -> TopPatches:
        if only_kept:
            return recalled_patches(str(run.path), choice.digest, epoch, layer)
        return results.top_patches(run, epoch, layers, **how)[layer]

    names = ",".join(layers)
    arguments = ["top-patches", str(run.path), "--epoch", str(epoch), "--layer", names]
    return answer(compute, run, arguments, label=f"Mining patches at epoch {epoch}")


def draw_sheet(
    choice: Choice,
    data: Data,
    layer: str,
    top: TopPatches,
    shown: list[int],
    channel: int,
    *,
    width_px: int = SHEET_PX,
    pitch: int = 0,
    key: str = "",
) -> None:
    """Patches and projections of the channels; a click chooses channel and place."""
    tiles = tiles_of(choice, layer, top, shown)
    headings = [heading_of(top, each) for each in shown]
    hover = [
        [describe(data, top, each, place) for place in range(top.score.shape[1])] for each in shown
    ]
    figure = patch_sheet(
        tiles, shown, headings, hover, width_px=width_px, chosen=channel, pitch=pitch
    )
    names = ", ".join(str(each) for each in shown)
    clicked = pointed_at(
        figure,
        key=f"patches {key}{layer} {shown[0]} {channel}",
        alt=f"Strongest patches and their projections, {layer}, channels {names}",
    )
    if clicked is not None:
        address.write(channel=clicked[0], place=clicked[1] + 1)
        st.rerun()


def tiles_of(choice: Choice, layer: str, top: TopPatches, shown: list[int]) -> np.ndarray:
    """Small patches and projections of the channels, with progress where that takes a while."""
    place, started = st.empty(), time.monotonic()
    told = started
    found = []
    for done, channel in enumerate(shown, start=1):
        found.append(
            tiles_of_channel(
                str(choice.run.path), choice.digest, choice.epoch, layer, channel, _top=top
            )
        )
        now = time.monotonic()
        if now - told > TELL_EVERY_S and done < len(shown):
            # also the moment at which a newer choice of the visitor ends this one
            left = (now - started) * (len(shown) / done - 1)
            place.progress(done / len(shown), text=f"Projecting the patches · {time_left(left)}")
            told = now
    if told > started:
        place.empty()
    return np.concatenate(found)


def prepare(choice: Choice, layer: str, top: TopPatches, channels: Sequence[int]) -> None:
    """Make what the next page shows while the visitor looks at this one."""
    place = st.empty()
    for channel in channels:
        place.empty()  # the moment at which a newer choice of the visitor ends this one
        tiles_of_channel(
            str(choice.run.path), choice.digest, choice.epoch, layer, channel, _top=top
        )


@st.cache_data(max_entries=2048, show_spinner=False)
def tiles_of_channel(
    run_path: str, digest: str, epoch: int, layer: str, channel: int, *, _top: TopPatches
) -> np.ndarray:
    """(1, 2, k, h, w, 3) uint8; what was mined follows from the weights in the key."""
    run = Run.open(run_path)
    images = SplitImages(data_of(run).val, run.preprocess)
    pictures = gallery(
        network_of(run_path, digest, epoch),
        images,
        layer,
        _top,
        torch.tensor([channel]),
        picture=run.preprocess.picture,
    )
    return small_tiles(pictures)


def heading_of(top: TopPatches, channel: int) -> str:
    if is_silent(top, channel):
        return f"channel {channel} · silent"
    return f"channel {channel} · {number(float(top.score[channel, 0]))}"


def describe(data: Data, top: TopPatches, channel: int, place: int) -> str:
    """One patch in words."""
    image = int(top.image[channel, place])
    if image < 0:
        return f"channel {channel}: there is no further image"
    score = number(float(top.score[channel, place]))
    return f"channel {channel} · score {score} · {data.classes[int(data.val.labels[image])]}"


def say_silent(top: TopPatches) -> None:
    silent = [channel for channel in range(len(top.score)) if is_silent(top, channel)]
    if not silent:
        return
    named = ", ".join(map(str, silent[:12])) + (" …" if len(silent) > 12 else "")
    st.caption(
        f"{len(silent)} of {len(top.score)} channels are silent: no image excites them "
        f"(score 0 or less), so there is nothing to project. They are {named}."
    )
