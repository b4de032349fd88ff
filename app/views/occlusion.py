"""What the page Occlusion needs: its controls, several images, and the tracked channel."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, get_args

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from app.jobs.ask import ask
from app.shell import address
from app.shell.errors import plain
from app.shell.frame import Choice, go_to
from app.shell.runs import data_of
from app.widgets.cached_patches import cached_patches
from app.widgets.class_choice import pick_class, probabilities, true_class
from app.widgets.downloads import offer_side
from app.widgets.drawing import pointed_at, show_figure
from app.widgets.images import (
    ChosenImage,
    choose,
    known_key,
    known_keys,
    offered,
    open_image,
    validation_name,
)
from app.widgets.layout import PICTURE_PX, show_pixels
from training.data import Data
from training.errors import WorkbenchError
from training.models import Network
from viz.drawing.outline import image_pixels, projection_pixels
from viz.drawing.patch_blocks import patch_sheet
from viz.drawing.sheet import sheet
from viz.drawing.style import number
from viz.drawing.words import percent
from viz.network.fills import FILLS, filling
from viz.network.layers import maps_to_show, maps_to_watch, mined_together, source_of
from viz.network.objects import object_mask
from viz.occlusion import Cell, OcclusionLook, OcclusionQuery, Tracked, covered, window_for
from viz.occlusion.compute import Shape
from viz.occlusion.figure import draw_row
from viz.occlusion.query import MapScale, Row
from viz.store.answer import Side
from viz.store.lend import plan_of
from viz.store.query import ImageSource
from viz.top_patches import TopPatchesQuery
from viz.top_patches.gallery import Gallery, small_tiles, strongest_in

MOST, OFFERED = 8, 24  # of several images
TILE_PX = 168  # as high as three tiles of a patch sheet
CLASS_PX, LAYER_PX = 230, 105
SEEN_PX, LOSERS = 176, 3  # of the covered image: patch and projection, and channels named
LARGER = 1.75  # times the window, where it changes nothing
SCALES = {"log-odds": "Log odds", "probability": "P 0–1", "own": "Own range"}
SCALE_HELP = (
    "Of the class's map. **Log odds**: the change of log(P / (1 − P)), which tells places apart "
    "also where P is near 0 or 1. **P 0–1**: the probability with the window there. **Own range**: "
    "the same, from its lowest to its highest."
)
WORDS = {"grey": "grey", "mean": "mean colour", "blur": "blur", "noise": "noise"}
HELP = (
    "What the window shows. **Grey**: the mean colour that the run subtracts, as in the paper. "
    "**Mean colour**: the image's own. **Blur**: the image through a Gaussian of 10 px of 224. "
    "**Noise**: normal, of the training pixels' mean and deviation."
)


def choose_look(choice: Choice, image: ChosenImage) -> OcclusionLook:
    """The class that is followed, the layer whose strongest channel is tracked, and the scale."""
    network, classes = choice.network(), choice.run.classes
    base = probabilities(network, choice.run.preprocess(image.picture))
    label = pick_class(classes, base, true_class(choice, image), width_px=CLASS_PX)
    usual = maps_to_watch(network)
    with st.container(width=LAYER_PX):
        layer = address.pick(
            st.selectbox,
            "Map of",
            list(dict.fromkeys([*maps_to_show(network), usual])),
            name="watch",
            default=usual,
            help="The layer whose strongest channel is tracked",
        )
    scale = address.pick(
        st.segmented_control,
        "Scale",
        get_args(MapScale),
        name="scale",
        default="log-odds",
        format_func=SCALES.__getitem__,
        required=True,
        help=SCALE_HELP,
    )
    return OcclusionLook(classes[label], layer, scale)


def choose_opacity() -> int:
    """How much of the image shows through the maps."""
    return address.pick_number(
        st.slider, "Maps over the image (%)", 0, 100, name="opacity", default=100, step=10
    )


def choose_window(size: int) -> dict[str, Any]:
    """Side, step and fill for inputs of so many pixels, in the row that the page has begun."""
    window, stride = window_for(size)
    with st.popover("Window", icon=":material/crop_free:", help="Size, stride, fill and shape"):
        window = address.pick_number(
            st.number_input, "Window (px)", 1, size, name="window", default=window
        )
        stride = address.pick_number(
            st.number_input, "Stride (px)", 1, size, name="stride", default=stride
        )
        fill = address.pick(
            st.selectbox,
            "Fill",
            fills(),
            name="fill",
            default="grey",
            format_func=lambda fill: WORDS.get(fill, fill),
            help=HELP,
        )
        shape = address.pick(st.selectbox, "Shape", get_args(Shape), name="shape", default="square")
    return {"window": window, "stride": stride, "fill": fill, "shape": shape}


def fills() -> list[str]:
    """Those that have a name, and the number that the address says, if it does."""
    text = st.query_params.get("fill", "grey")
    try:
        filling(text, torch.zeros(3, 9, 9))
    except WorkbenchError:
        return list(FILLS)
    return list(dict.fromkeys([*FILLS, text]))


def say_result(row: Row, classes: Sequence[str], size: int) -> None:
    """The answer in one sentence; where nothing changes it, a button for a larger window."""
    window = row.found.window
    with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
        st.markdown(f"**{plain(row.words(classes))}**", width="content")
        if not row.changes_nothing or window >= size // 2:
            return
        larger = round(LARGER * window)
        if st.button(f"Try a window of {larger} px", icon=":material/zoom_out_map:"):
            address.write(window=larger, cell=None)
            st.rerun()


def show_several(choice: Choice) -> None:
    """A row for each chosen image, each leading to its own view."""
    try:
        data = data_of(choice.run)
    except WorkbenchError:
        data = None
    with st.container(width=PICTURE_PX):
        images = _choose_images(choice, data)
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        window = choose_window(choice.run.preprocess.size)
    if not images:
        st.info("Choose an image, or upload one in the view of one image.", icon=":material/info:")
        return
    sources = tuple(ImageSource(image.source) for image in images)
    reply = ask(OcclusionQuery(str(choice.run.path), choice.epoch, image=sources, **window))
    if not reply.parts:
        return
    shown = (side := reply.side(OcclusionLook())).shown
    for image, row in zip(images, shown.rows, strict=False):  # fewer while at work
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            show_figure(
                draw_row(row, shown),
                alt=f"{image.name}: the image, the map of {choice.run.classes[row.label]} and the "
                f"most probable class. {row.words(choice.run.classes)}",
            )
            if st.button("Single view", key=f"open {image.key}", icon=":material/open_in_full:"):
                choose(image.key)
                address.write(show=None)
                st.rerun()
    if reply.whole:
        offer_side(side)


def _choose_images(choice: Choice, data: Data | None) -> list[ChosenImage]:
    """Up to eight; by default the six that every page offers."""
    here = address.read("image", partial(known_key, data), "")
    first = [f"val:{index}" for index in offered(data.val)] if data is not None else []
    more = [f"val:{index}" for index in offered(data.val, OFFERED)] if data is not None else []

    def parse(text: str) -> list[str]:
        keys = known_keys(data, text)
        if len(keys) > MOST:
            raise ValueError(text)
        return keys

    value = address.read("images", parse, first or [here] * bool(here))
    options = list(dict.fromkeys([*value, *([here] if here else []), *more]))

    def changed(chosen: list[str]) -> None:
        address.write(images=",".join(chosen) if chosen else None)

    def name(option: str) -> str:
        kind, _, which = option.partition(":")
        if kind == "val" and data is not None:
            return validation_name(data, int(which))
        return open_image(option, choice, data).name

    st.multiselect(
        f"Images, at most {MOST}",
        options,
        **address.bound("images", value, options, changed),
        max_selections=MOST,
        format_func=name,
    )
    return [open_image(each, choice, data) for each in value]


def say_share_of_object(choice: Choice, image: ChosenImage, box: tuple[int, int, int, int]) -> None:
    """How much of the object the window hides, where the data set knows the object's place."""
    if image.index is None:
        return
    seen = object_mask(data_of(choice.run).val, choice.run.preprocess, image.index)
    if seen is None:
        return
    top, left, bottom, right = box
    share = seen[top:bottom, left:right].sum() / seen.sum()
    st.caption(f"The window hides {percent(float(share))} of the object.")


def show_covered_units(choice: Choice, side: Side, cell: Cell) -> None:
    """What the tracked channel still sees with the window there, and which channels lose most."""
    network, query, shown = choice.network(), side.query, side.shown
    tracked = shown.rows[0].found.tracked(shown.layer)
    whole = side.opened.pixels(query.image[0])
    top, left = (place * shown.rows[0].found.stride for place in cell)
    hidden = covered(
        whole, filling(query.fill, whole), shown.rows[0].found.window, top, left, query.shape
    )
    picture, layer = choice.run.preprocess.picture, tracked.layer
    own = strongest_in(network, hidden, layer, tracked.channel, picture=picture)
    st.markdown(f"**{layer}, channel {tracked.channel}**, with the window there")
    pair = np.stack(
        [
            image_pixels(own.patch[0, 0], SEEN_PX),
            projection_pixels(own.projection[0, 0], SEEN_PX),
        ]
    )
    show_pixels(
        sheet(pair / 255, 2, gap=4)[0],
        alt=f"What the strongest unit of {layer}, channel {tracked.channel} sees with the window "
        "there, and its projection",
    )
    before, after = _totals(network, torch.stack([whole, hidden]), layer)
    lost = (before - after).topk(min(LOSERS, len(before)))
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.caption("Channels that lose most:", width="content")
        for channel in lost.indices.tolist():
            change = f"{number(float(before[channel]))} → {number(float(after[channel]))}"
            if st.button(f"{channel}: {change}", key=f"loses {channel}", type="tertiary"):
                go_to("unit", layer=source_of(network, layer), channel=channel)


def _totals(network: Network, images: Tensor, layer: str) -> Tensor:
    """(N, C), the sum over each of a layer's maps."""
    with torch.inference_mode():
        return network.activations(images.to(network.device), [layer])[layer].sum((2, 3)).cpu()


def show_tracked(choice: Choice, image: ChosenImage, side: Side) -> None:
    """Panel (c) of the paper's figure; patches of other images are mined where somebody asks."""
    shown = side.shown
    tracked = shown.rows[0].found.tracked(shown.layer)
    st.markdown(f"**What {tracked.layer}, channel {tracked.channel} looks for**")
    row = st.container(horizontal=True, gap="medium")
    with row.container(width=2 * TILE_PX + 8):
        _draw_own(image, tracked, shown.own)
    with row.container(width=344):
        if shown.others is not None:
            _draw_others(choice, tracked, shown.others)
        else:
            _offer_mining(choice, tracked)


def _draw_own(image: ChosenImage, tracked: Tracked, own: Gallery) -> None:
    pair = np.stack(
        [
            image_pixels(own.patch[0, 0], TILE_PX),
            projection_pixels(own.projection[0, 0], TILE_PX),
        ]
    )
    show_pixels(
        sheet(pair / 255, 2, gap=4)[0],
        caption="In this image: what its strongest unit sees, and the deconvnet's projection "
        "(mid grey is zero)"
        + ("" if bool(own.projection.any()) else "; it does not fire, so there is none"),
        alt=f"Patch of {image.name} that excites {tracked.layer}, channel {tracked.channel} most, "
        "and its projection",
    )


def _draw_others(choice: Choice, tracked: Tracked, found: Gallery) -> None:
    """Nine patches and projections; a click makes a patch's image the chosen one."""
    data, layer = data_of(choice.run), source_of(choice.network(), tracked.layer)
    top = cached_patches(choice, layer)
    images, scores = top.image[tracked.channel].tolist(), top.score[tracked.channel].tolist()
    hover = [
        f"{data.classes[int(data.val.labels[index])]} · score {number(score)}"
        if index >= 0
        else "There is no further image"
        for index, score in zip(images, scores, strict=True)
    ]
    figure = patch_sheet(
        small_tiles(found), [tracked.channel], ["In other images; click one"], [hover]
    )
    name = f"{tracked.layer}, channel {tracked.channel}"
    clicked = pointed_at(
        figure,
        key=f"others {choice.digest} {name}",
        alt=f"Strongest patches of {name} in the validation images, and their projections",
    )
    if clicked is not None and images[clicked[1]] >= 0:
        choose(f"val:{images[clicked[1]]}")
        st.rerun()
    if st.button("Top patches of the layer", icon=":material/photo_library:"):
        go_to("top_patches", layer=layer, channel=tracked.channel)


def _offer_mining(choice: Choice, tracked: Tracked) -> None:
    """A button that finds the patches here, on the page; the same pass serves Top patches."""
    run, epoch = choice.run, choice.epoch
    try:
        data_of(run)
    except WorkbenchError as error:
        st.caption(f"Top patches need images to search. {plain(str(error))}")
        return
    plan = plan_of(run)
    layer = source_of(plan, tracked.layer)
    asked = f"mine {choice.digest} {layer}"
    if not st.session_state.get(asked):
        st.caption("The top patches of this layer are not computed yet.")
        if not st.button("Compute top patches", icon=":material/travel_explore:"):
            return
        st.session_state[asked] = True
    layers = tuple(mined_together(plan, layer))
    reply = ask(TopPatchesQuery(str(run.path), epoch, layers), f"Mining patches at epoch {epoch}")
    if reply.whole:
        st.rerun()
