"""Top patches: what excites each channel of a layer most, and what the deconvnet saw there."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import streamlit as st
import torch

from app import address
from app.downloads import made_by, offer
from app.drawing import pointed_at
from app.errors import plain
from app.frame import Choice, chosen, go_to, layer_picker
from app.leafing import turn_pages
from app.mined import recalled_patches
from app.panes import heading, panes
from app.patch_inspector import inspect, is_silent
from app.patience import answer
from app.runs import data_of
from app.words import time_left
from training.data import Data
from training.errors import WorkbenchError
from training.runs import Run
from viz import results
from viz.export import command_line
from viz.figures.patch_sheet import patch_sheet, small_tiles
from viz.figures.style import number
from viz.figures.top_patches import top_patches_figure
from viz.gallery import gallery
from viz.images import SplitImages
from viz.layers import deepest, landmarks, mined_together
from viz.top_patches import TopPatches

CHANNELS = 16  # on a page
TELL_EVERY_S = 0.25
BY_STRENGTH, BY_NUMBER, SHUFFLED = "strongest first", "by number", "shuffled"


def page() -> None:
    heading(
        "Top patches",
        "For each channel the nine validation images that excite it most: at the left the square "
        "that the unit sees, at the right what the deconvnet says it saw there (mid grey is zero).",
    )
    choice = chosen()
    try:
        data = data_of(choice.run)
    except WorkbenchError as error:
        without_data(error)
        return
    plan = results.blueprint(choice.run)
    layers = landmarks(plan)
    controls = st.container(horizontal=True, gap="small", vertical_alignment="bottom")
    with controls.container(width=235):
        layer = layer_picker(plan, layers, deepest(plan))
    top = top_patches_of(choice, layer, mined_together(plan, layer))
    with controls:
        order = ordered(top, controls)
        channel = channel_of(order, len(top.score))
        first = order.index(channel) // CHANNELS * CHANNELS
        turn_pages(order, first, CHANNELS)
    shown = order[first : first + CHANNELS]
    picture, inspector = panes()
    with picture:
        draw_sheet(choice, data, layer, top, shown, channel)
        say_silent(top)
        offer_sheet(choice, layer, top, shown)
    with inspector:
        inspect(choice, data, layer, top, channel)


def without_data(error: WorkbenchError) -> None:
    """What can be done where there are no images to search."""
    st.info(f"Top patches need images to search. {plain(str(error))}", icon=":material/info:")
    if st.button("Look at feature maps of your own picture", icon=":material/image:"):
        go_to("feature_maps")


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


def ordered(top: TopPatches, place: Any) -> list[int]:
    """Channels in the order that the visitor wants."""
    with place.container(width=290):
        order = address.pick(
            st.segmented_control,
            "Channels",
            [BY_STRENGTH, BY_NUMBER, SHUFFLED],
            name="order",
            default=BY_STRENGTH,
        )
    count = len(top.score)
    if order == BY_STRENGTH:
        return top.score[:, 0].argsort(descending=True, stable=True).tolist()
    return list(range(count)) if order == BY_NUMBER else shuffled(count, place)


def shuffled(count: int, place: Any) -> list[int]:
    """Channels by lot, as Zeiler & Fergus chose theirs; the address says which lot was drawn."""
    seed = address.read("lot", natural, 1)
    again = place.button("", icon=":material/shuffle:", help="Draw again", key="shuffle")
    if again:
        address.write(lot=seed + 1, channel=None)
        st.rerun()
    return random.Random(seed).sample(range(count), count)


def natural(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ValueError(text)
    return int(text)


def channel_of(order: list[int], channels: int) -> int:
    """The chosen channel; the first of the order where the address names none."""
    with st.container(width=105):
        return address.pick_number(
            st.number_input, "Channel", 0, channels - 1, name="channel", default=order[0]
        )


def draw_sheet(
    choice: Choice, data: Data, layer: str, top: TopPatches, shown: list[int], channel: int
) -> None:
    tiles = tiles_of(choice, layer, top, shown)
    headings = [heading_of(top, each) for each in shown]
    hover = [
        [describe(data, top, each, place) for place in range(top.score.shape[1])] for each in shown
    ]
    figure = patch_sheet(tiles, shown, headings, hover, chosen=channel)
    names = ", ".join(str(each) for each in shown)
    clicked = pointed_at(
        figure,
        key=f"patches {layer} {shown[0]} {channel}",
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


@st.cache_data(max_entries=2048, show_spinner=False)
def tiles_of_channel(
    run_path: str, digest: str, epoch: int, layer: str, channel: int, *, _top: TopPatches
) -> np.ndarray:
    """(1, 2, k, h, w, 3) uint8; what was mined follows from the weights in the key."""
    del digest
    run = Run.open(run_path)
    images = SplitImages(data_of(run).val, run.preprocess)
    pictures = gallery(
        Choice(run, epoch).network(),
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


def offer_sheet(choice: Choice, layer: str, top: TopPatches, shown: list[int]) -> None:
    run, epoch = choice.run, choice.epoch
    offer(
        figure_of(choice, layer, top, shown),
        lambda: {
            "score": top.score.numpy(),
            "image": top.image.numpy(),
            "row": top.row.numpy(),
            "col": top.col.numpy(),
        },
        name=f"{run.name}-top-patches-{layer}-epoch-{epoch}",
        made=made_by(choice, "top-patches", layer=layer, split="val", channels=shown),
        shell=command_line(
            "top-patches",
            run.path,
            epoch=epoch,
            layer=layer,
            channels=shown,
            out="top-patches.png",
        ),
        python="from training.runs import Run\nfrom viz import results\n\n"
        f'run = Run.open("{run.path}")\n'
        f'top = results.top_patches(run, {epoch}, ["{layer}"])["{layer}"]\n'
        "top.score, top.image, top.row, top.col  # (C, 9), best first",
    )


def figure_of(choice: Choice, layer: str, top: TopPatches, shown: list[int]) -> Callable[[], Any]:
    """Draws the sheet for print."""

    def draw() -> Any:
        pictures = results.gallery_of(choice.run, choice.epoch, layer, top, shown)
        return top_patches_figure(
            pictures.patch,
            pictures.projection,
            top.score[shown],
            shown,
            layer=layer,
            epoch=choice.epoch,
        )

    return draw


page()
