"""One channel on the page Top patches: its nine images, projections and a control."""

from __future__ import annotations

import random

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from app.shell import address
from app.shell.errors import plain
from app.shell.frame import Choice, go_to
from app.shell.lender import LENDER
from app.widgets.drawing import pointed_at
from training.data import Data
from training.models.response_norm import ResponseNorm
from viz.deconvnet import project
from viz.drawing.outline import image_pixels, projection_pixels
from viz.drawing.pointing import NUMBER_ROOM_PX, point_at_sheet
from viz.drawing.sheet import sheet
from viz.drawing.style import number
from viz.network.images import SplitImages
from viz.network.layers import layers_to_pixels
from viz.network.patches import boxes
from viz.store.lend import Lender, Opened, plan_of
from viz.top_patches import TopPatches

IMAGE_PX, GAP_PX = 128, 2  # three in the inspector


def inspect(choice: Choice, data: Data, layer: str, top: TopPatches, channel: int) -> None:
    """The nine patches in their images, their projections, and another channel's as control."""
    st.markdown(f"**{layer}, channel {channel}**")
    if top.is_silent(channel):
        st.info("No validation image excites this channel.", icon=":material/info:")
    places = [place for place in range(top.score.shape[1]) if int(top.image[channel, place]) >= 0]
    if not places:
        return
    images = top.image[channel].tolist()
    lead_on(layer, channel, images[chosen_place(len(places))])
    labels = [data.classes[int(data.val.labels[images[place]])] for place in places]
    words = [
        f"{place + 1} · {label} · score {number(float(top.score[channel, place]))}"
        for place, label in zip(places, labels, strict=True)
    ]
    st.markdown("**The image · its projection · control**")
    tiles = strips_for(choice, layer, top, channel, LENDER)
    pixels, grid = sheet(tiles.reshape(-1, *tiles.shape[2:]) / 255, 3, GAP_PX, 1, NUMBER_ROOM_PX)
    figure = point_at_sheet(
        pixels,
        grid,
        [[place, panel] for place in places for panel in range(3)],
        [f"{line}\nclick: feature maps of this image" for line in words for _ in range(3)],
        numbers=[text for line in words for text in (line, "", "")],
        edge_px=0,
    )
    alt = f"The images that excite {layer}, channel {channel} most, projections and a control"
    clicked = pointed_at(figure, key=f"strips {layer} {channel}", alt=alt)
    if clicked is not None:
        go_to("feature_maps", image=f"val:{images[clicked[0]]}", layer=layer, channel=channel)
    with st.expander("How to read this, and all nine in words"):
        st.caption(
            "The square in the image is what the unit sees. At the right the control, channel "
            f"{control_for(top, channel)} of the same layer, projected from the same image; what "
            "both show comes from the pooling switches, not from the channel (Mahendran & Vedaldi "
            f"2016). {passing_through(choice, layer)}"
        )
        st.caption("  \n".join(map(plain, words)))


def chosen_place(count: int) -> int:
    """Which of the nine patches was clicked, from 0; the address counts from 1."""

    def parse(text: str) -> int:
        if not 1 <= int(text) <= count:
            raise ValueError(text)
        return int(text)

    return address.read("place", parse, 1) - 1


def passing_through(choice: Choice, layer: str) -> str:
    """What the deconvnet does not invert, where the network has it below the layer."""
    below = layers_to_pixels(plan_of(choice.run), layer)[1:]
    if not any(isinstance(each, ResponseNorm) for each in below):
        return ""
    return "Local response normalisation passes the signal through unchanged."


def lead_on(layer: str, channel: int, image: int) -> None:
    """What else there is to see of the channel, and of the chosen patch's image."""
    with st.container(horizontal=True, gap="small"):
        if st.button("Open unit page", icon=":material/filter_center_focus:", type="primary"):
            go_to("unit", layer=layer, channel=channel)
        if st.button("Occlude its image", icon=":material/visibility_off:"):
            go_to("occlusion", image=f"val:{image}")
        if st.button("Feature maps", icon=":material/layers:"):
            go_to("feature_maps", image=f"val:{image}", layer=layer, channel=channel)


def control_for(top: TopPatches, channel: int) -> int:
    """Another channel of the layer, the same one every time; one that fires, if there is any."""
    others = [each for each in range(len(top.score)) if each != channel]
    firing = [each for each in others if not top.is_silent(each)]
    return random.Random(channel).choice(firing or others or [channel])


def strips_for(
    choice: Choice, layer: str, top: TopPatches, channel: int, lender: Lender
) -> np.ndarray:
    """The channel's strips, made once for all visitors."""
    which = str(choice.run.path), choice.digest, choice.epoch, layer, channel
    return strips_of(*which, control_for(top, channel), _top=top, _lender=lender)


@st.cache_data(max_entries=128, show_spinner=False)
def strips_of(
    run_path: str,
    digest: str,
    epoch: int,
    layer: str,
    channel: int,
    control: int,
    *,
    _top: TopPatches,
    _lender: Lender,
) -> np.ndarray:
    """(k, 3, h, w, 3) uint8: image, projection and control for each patch of a channel."""
    del digest  # part of the key only
    opened = Opened.of(run_path, epoch, _lender)
    network, preprocess = opened.network, opened.run.preprocess
    there = _top.image[channel] >= 0
    image, row, col = (table[channel][there] for table in (_top.image, _top.row, _top.col))
    images = SplitImages(opened.split("val"), preprocess)[image]
    squares = boxes(network, layer, row, col).tolist()
    same = torch.full((len(images),), channel)
    own = project(network, images, layer, same, units=torch.stack([row, col], dim=1))
    own[_top.score[channel][there] <= 0] = 0  # did not fire: nothing to project, as in the paper
    other = project(network, images, layer, torch.full_like(same, control))
    pictures = preprocess.picture(images)
    parts = zip(pictures, own, other, squares, strict=True)
    return np.stack([strip(*each) for each in parts])


def strip(picture: Tensor, own: Tensor, other: Tensor, box: list[int]) -> np.ndarray:
    """(3, h, w, 3) uint8: the square in the image, in its projection, and the control."""
    panels = [
        image_pixels(picture, IMAGE_PX, box),
        projection_pixels(own, IMAGE_PX, box),
        projection_pixels(other, IMAGE_PX),
    ]
    return np.stack(panels)
