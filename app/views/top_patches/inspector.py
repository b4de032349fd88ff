"""A channel in the inspector: its nine images, their projections, another channel as control."""

from __future__ import annotations

import random

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from app.shell import address
from app.shell.frame import Choice, go_to
from app.shell.runs import data_of, network_of
from app.widgets.images import validation_name
from app.widgets.layout import png_of_pixels, show_pixels
from training.data import Data
from training.models.response_norm import ResponseNorm
from training.runs import Run
from viz import results
from viz.deconvnet import project
from viz.drawing.outline import image_pixels, projection_pixels
from viz.drawing.sheet import sheet
from viz.drawing.style import number
from viz.network.images import SplitImages
from viz.network.layers import way_down
from viz.network.patches import boxes
from viz.top_patches import TopPatches

IMAGE_PX, GAP_PX = 128, 2


def is_silent(top: TopPatches, channel: int) -> bool:
    """Whether no image excites the channel."""
    return float(top.score[channel, 0]) <= 0


def inspect(choice: Choice, data: Data, layer: str, top: TopPatches, channel: int) -> None:
    """The nine patches in their images, their projections, and another channel's as control."""
    st.markdown(f"**{layer}, channel {channel}**")
    if is_silent(top, channel):
        st.info("No validation image excites this channel.", icon=":material/info:")
    places = [place for place in range(top.score.shape[1]) if int(top.image[channel, place]) >= 0]
    if not places:
        return
    control = control_for(top, channel)
    lead_on(layer, top, channel, places)
    strips = strips_of(
        str(choice.run.path), choice.digest, choice.epoch, layer, channel, control, _top=top
    )
    st.caption(
        "**Left**: the image, the square that the unit sees in orange. **Middle**: its "
        f"projection. **Right**: the control, channel {control} of the same layer projected from "
        "the same image; what both show comes from the pooling switches, not from the channel "
        f"(Mahendran & Vedaldi 2016). {passing_through(choice, layer)}"
    )
    for place, strip in zip(places, strips, strict=True):
        image = int(top.image[channel, place])
        score = number(float(top.score[channel, place]))
        words = f"{place + 1} · {data.classes[int(data.val.labels[image])]} · score {score}"
        alt = f"{validation_name(data, image)}, its projection and the control"
        show_pixels(strip, caption=words, alt=alt)


def passing_through(choice: Choice, layer: str) -> str:
    """What the deconvnet does not invert, where the network has it below the layer."""
    below = way_down(results.blueprint(choice.run), layer)[1:]
    if not any(isinstance(each, ResponseNorm) for each in below):
        return ""
    return "Local response normalisation passes the signal through unchanged."


def lead_on(layer: str, top: TopPatches, channel: int, places: list[int]) -> None:
    """What else there is to see of a patch's image."""
    chosen_place = address.pick_number(
        st.number_input, "Patch", 1, len(places), name="place", default=1, width=110
    )
    image = int(top.image[channel, chosen_place - 1])
    with st.container(horizontal=True, gap="small"):
        if st.button("All of it", icon=":material/filter_center_focus:", help="Its unit page"):
            go_to("unit", layer=layer, channel=channel)
        if st.button("Occlude its image", icon=":material/visibility_off:"):
            go_to("occlusion", image=f"val:{image}")
        if st.button("Feature maps", icon=":material/layers:"):
            go_to("feature_maps", image=f"val:{image}", layer=layer, channel=channel)


def control_for(top: TopPatches, channel: int) -> int:
    """Another channel of the layer, the same one every time; one that fires, if there is any."""
    others = [each for each in range(len(top.score)) if each != channel]
    firing = [each for each in others if not is_silent(top, each)]
    return random.Random(channel).choice(firing or others or [channel])


@st.cache_data(max_entries=64, show_spinner="Projecting the nine images")
def strips_of(
    run_path: str,
    digest: str,
    epoch: int,
    layer: str,
    channel: int,
    control: int,
    *,
    _top: TopPatches,
) -> list[bytes]:
    """Image, projection and control side by side for each patch of a channel, PNG files."""
    run = Run.open(run_path)
    network = network_of(run_path, digest, epoch)
    there = _top.image[channel] >= 0
    image, row, col = (table[channel][there] for table in (_top.image, _top.row, _top.col))
    images = SplitImages(data_of(run).val, run.preprocess)[image]
    squares = boxes(network, layer, row, col).tolist()
    same = torch.full((len(images),), channel)
    own = project(network, images, layer, same, units=torch.stack([row, col], dim=1))
    own[_top.score[channel][there] <= 0] = 0  # did not fire: nothing to project, as in the paper
    other = project(network, images, layer, torch.full_like(same, control))
    pictures = run.preprocess.picture(images)
    return [strip(*parts) for parts in zip(pictures, own, other, squares, strict=True)]


def strip(picture: Tensor, own: Tensor, other: Tensor, box: list[int]) -> bytes:
    """Three panels in a row, as a PNG file."""
    panels = [
        image_pixels(picture, IMAGE_PX, box),
        projection_pixels(own, IMAGE_PX, box),
        projection_pixels(other, IMAGE_PX),
    ]
    return png_of_pixels(sheet(np.stack(panels) / 255, 3, gap=GAP_PX)[0])
