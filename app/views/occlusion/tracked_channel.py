"""The channel that an occlusion watches: what it sees here, and what excites it elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st
import torch

from app.jobs.ask import answer
from app.shell.errors import plain
from app.shell.frame import Choice, go_to
from app.shell.runs import data_of, network_of
from app.widgets.cached_patches import recalled_patches
from app.widgets.drawing import pointed_at
from app.widgets.images import ChosenImage, choose
from app.widgets.layout import show_pixels
from training.errors import WorkbenchError
from training.runs import Run
from viz import results
from viz.drawing.outline import image_pixels, projection_pixels
from viz.drawing.sheet import sheet
from viz.drawing.style import number
from viz.network.images import SplitImages
from viz.network.layers import mined_together, source_of
from viz.occlusion import Watched
from viz.results import NotKept
from viz.top_patches import TopPatches
from viz.top_patches.gallery import Gallery, gallery, strongest_in
from viz.top_patches.patch_sheet import patch_sheet, small_tiles

TILE_PX = 168  # as high as three tiles of a patch sheet


def own_of(choice: Choice, image: ChosenImage, watched: Watched) -> Gallery:
    """Patch and projection of the unit that this image excites most."""
    preprocess = choice.run.preprocess
    return strongest_in(
        choice.network(),
        preprocess(image.picture),
        watched.layer,
        watched.channel,
        picture=preprocess.picture,
    )


def mined(choice: Choice, watched: Watched) -> tuple[TopPatches, Gallery] | None:
    """The channel's strongest patches in the validation images, where they have been mined."""
    run, layer = choice.run, source_of(choice.network(), watched.layer)
    which = str(run.path), choice.digest, choice.epoch, layer
    try:
        top = recalled_patches(*which)
        return top, _gallery_of(*which, watched.channel, _top=top)
    except (NotKept, WorkbenchError):  # not mined, or the data is gone
        return None


@st.cache_data(max_entries=64, show_spinner="Projecting the patches")
def _gallery_of(
    run_path: str, digest: str, epoch: int, layer: str, channel: int, *, _top: TopPatches
) -> Gallery:
    run = Run.open(run_path)
    images = SplitImages(data_of(run).val, run.preprocess)
    network, picture = network_of(run_path, digest, epoch), run.preprocess.picture
    return gallery(network, images, layer, _top, torch.tensor([channel]), picture=picture)


def show_watched(choice: Choice, image: ChosenImage, watched: Watched, own: Gallery) -> None:
    """Panel (c) of the paper's figure; patches of other images are mined where somebody asks."""
    st.markdown(f"**What {watched.layer}, channel {watched.channel} looks for**")
    row = st.container(horizontal=True, gap="medium")
    with row.container(width=2 * TILE_PX + 8):
        draw_own(image, watched, own)
    with row.container(width=344):
        elsewhere = mined(choice, watched)
        if elsewhere is not None:
            draw_elsewhere(choice, watched, *elsewhere)
        else:
            offer_mining(choice, watched)


def draw_own(image: ChosenImage, watched: Watched, own: Gallery) -> None:
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
        alt=f"Patch of {image.name} that excites {watched.layer}, channel {watched.channel} most, "
        "and its projection",
    )


def draw_elsewhere(choice: Choice, watched: Watched, top: TopPatches, found: Gallery) -> None:
    """Nine patches and projections; a click makes a patch's image the chosen one."""
    data = data_of(choice.run)
    images, scores = top.image[watched.channel].tolist(), top.score[watched.channel].tolist()
    hover = [
        f"{data.classes[int(data.val.labels[index])]} · score {number(score)}"
        if index >= 0
        else "There is no further image"
        for index, score in zip(images, scores, strict=True)
    ]
    figure = patch_sheet(
        small_tiles(found), [watched.channel], ["In other images; click one"], [hover]
    )
    name = f"{watched.layer}, channel {watched.channel}"
    clicked = pointed_at(
        figure,
        key=f"elsewhere {choice.digest} {name}",
        alt=f"Strongest patches of {name} in the validation images, and their projections",
    )
    if clicked is not None and images[clicked[1]] >= 0:
        choose(f"val:{images[clicked[1]]}")
        st.rerun()
    if st.button("All of its layer", icon=":material/photo_library:"):
        layer = source_of(choice.network(), watched.layer)
        go_to("top_patches", layer=layer, channel=watched.channel)


def offer_mining(choice: Choice, watched: Watched) -> None:
    """A button that finds the patches here, on the page; the same pass serves Top patches."""
    run, epoch = choice.run, choice.epoch
    try:
        data_of(run)
    except WorkbenchError as error:
        st.caption(f"What excites it elsewhere needs images to search. {plain(str(error))}")
        return
    plan = results.blueprint(run)
    layer = source_of(plan, watched.layer)
    asked = f"mine {choice.digest} {layer}"
    if not st.session_state.get(asked):
        st.caption("What excites this channel in other images has not been looked for yet.")
        if not st.button("Find its top patches", icon=":material/travel_explore:"):
            return
        st.session_state[asked] = True
    layers = mined_together(plan, layer)

    def compute(**how: Any) -> dict[str, TopPatches]:
        return results.top_patches(run, epoch, layers, **how)

    arguments = ["top-patches", str(run.path), "--epoch", str(epoch), "--layer", ",".join(layers)]
    answer(compute, run, arguments, label=f"Mining patches at epoch {epoch}")
    st.rerun()
