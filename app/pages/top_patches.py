"""Top patches: what excites each channel of a layer most, and what the deconvnet saw there."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import streamlit as st

from app.shell import address
from app.shell.epochs import is_playing
from app.shell.errors import plain
from app.shell.frame import Choice, compared, go_to, layer_picker
from app.shell.runs import data_of
from app.views.top_patches.inspector import inspect
from app.views.top_patches.pair import Side, other_side, show_beside
from app.views.top_patches.sheets import draw_sheet, prepare, say_silent, top_patches_of
from app.widgets.downloads import made_by, offer
from app.widgets.layout import heading, panes
from app.widgets.paging import turn_pages
from training.errors import WorkbenchError
from viz import results
from viz.network.layers import deepest, landmarks, mined_together
from viz.store.export import command_line
from viz.top_patches import TopPatches
from viz.top_patches.figure import top_patches_figure

CHANNELS = 16  # on a page
BY_STRENGTH, BY_NUMBER, SHUFFLED = "strongest first", "by number", "shuffled"


def page() -> None:
    heading(
        "Top patches",
        "For each channel the nine validation images that excite it most: at the left the square "
        "that the unit sees, at the right what the deconvnet says it saw there (mid grey is zero).",
    )
    choices = compared()
    choice = choices[0]
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
    others = [side for each in choices[1:] if (side := other_side(each, layer))]
    count = CHANNELS // (1 + len(others))  # as many rows, one or two networks in each
    with controls:
        order = ordered(top, controls)
        channel = channel_of(order, len(top.score))
        first = order.index(channel) // count * count
        turn_pages(order, first, count)
    shown = order[first : first + count]
    if others:
        show_beside([Side("A", choice, data, top), *others], layer, shown, channel)
        return
    picture, inspector = panes()
    with picture:
        draw_sheet(choice, data, layer, top, shown, channel)
        say_silent(top)
        offer_sheet(choice, layer, top, shown)
    with inspector:
        inspect(choice, data, layer, top, channel)
    if not is_playing():
        prepare(choice, layer, top, order[first + count : first + 2 * count])


def without_data(error: WorkbenchError) -> None:
    """What can be done where there are no images to search."""
    st.info(f"Top patches need images to search. {plain(str(error))}", icon=":material/info:")
    if st.button("Look at feature maps of your own picture", icon=":material/image:"):
        go_to("feature_maps")


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
