"""Top patches: what excites each channel of a layer most, and what the deconvnet saw there."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import streamlit as st

from app.jobs.ahead import prepare
from app.shell import address
from app.shell.epochs import is_playing
from app.shell.errors import plain
from app.shell.frame import Choice, compared, go_to, layer_picker
from app.shell.lender import LENDER
from app.shell.runs import data_of
from app.shell.words import time_left
from app.views.patch_inspector import inspect
from app.views.patches_ahead import Seen, pages_after, steps_ahead
from app.widgets.cached_patches import cached_patches, patches_of, tiles_of_channel
from app.widgets.downloads import offer_pair, offer_side
from app.widgets.drawing import pointed_at
from app.widgets.layout import (
    INSPECTOR_PX,
    THIRD_PX,
    heading,
    picture_and_inspector,
    picture_px,
)
from app.widgets.paging import turn_pages
from app.widgets.pairs import show_pair
from training.data import Data
from training.errors import WorkbenchError
from viz.network.choices import check_layers
from viz.network.layers import deepest, key_layers, mined_together
from viz.store.answer import CacheMiss, Side
from viz.store.lend import Opened, plan_of
from viz.store.view import pair
from viz.top_patches import TopPatches, TopPatchesLook, TopPatchesQuery
from viz.top_patches.figure import point_at_patches
from viz.top_patches.pair import ROWS

CHANNELS = 16  # on a page
BY_STRENGTH, BY_NUMBER, SHUFFLED = "strongest first", "by number", "shuffled"
BETWEEN_PX = 32
TELL_EVERY_S = 0.25


def page() -> None:
    heading(
        "Top patches",
        "For each channel the nine validation images that excite it most: at the left what the "
        "unit sees, at the right what the deconvnet says it saw there (mid grey is zero).",
    )
    choices = compared()
    choice = choices[0]
    try:
        data = data_of(choice.run)
    except WorkbenchError as error:
        without_data(error)
        return
    plan = plan_of(choice.run)
    controls = st.container(horizontal=True, gap="small", vertical_alignment="bottom")
    with controls.container(width=165):
        layer = layer_picker(plan, key_layers(plan), deepest(plan), also=plan.layers)
    top = patches_of(choice, layer, mined_together(plan, layer))
    if top is None:
        return
    second = second_of(choices[1], layer) if len(choices) > 1 else None
    count = CHANNELS // (1 if second is None else 2)  # as many rows, one or two networks in each
    with controls:
        order = ordered(choice, layer, top, controls)
        channel = channel_of(order, len(top.score))
        first = order.index(channel) // count * count
        turn_pages(order, first, count)
    shown = order[first : first + count]
    if second is not None:
        others = patches_of(second, layer, mined_together(plan_of(second.run), layer))
        if others is not None:
            show_two(choice, second, data, layer, (top, others), shown, channel)
        return
    picture, inspector = picture_and_inspector()
    with picture:
        side = side_of(choice, layer, top, shown)
        draw_sheet(side, channel)
        say_silent(top)
        offer_side(side)
    with inspector:
        inspect(choice, data, layer, top, channel)
    pages = [] if is_playing() else pages_after(order, first, count)
    prepare(steps_ahead(Seen(choice, layer, top, shown, channel), pages))


def second_of(choice: Choice, layer: str) -> Choice | None:
    """B; a word and None where it has no such layer or no images."""
    try:
        check_layers([layer], plan_of(choice.run))
        data_of(choice.run)
    except WorkbenchError as error:
        st.info(f"B, {choice.title}, is not shown. {plain(str(error))}", icon=":material/info:")
        return None
    choice.check()
    return choice


def side_of(choice: Choice, layer: str, top: TopPatches, shown: Sequence[int]) -> Side:
    """What one network shows of the channels; its small tiles are made once for all visitors."""
    query = TopPatchesQuery(str(choice.run.path), choice.epoch, (layer,))
    opened = Opened.of(query.run, query.epoch, LENDER)
    seen = query.show(opened, {layer: top}, TopPatchesLook(tuple(shown)))
    return Side(
        opened, query, replace(seen, tiles=cache(lambda: tiles_of(choice, layer, top, shown)))
    )


def show_two(
    choice: Choice,
    second: Choice,
    data: Data,
    layer: str,
    tops: tuple[TopPatches, TopPatches],
    shown: list[int],
    channel: int,
) -> None:
    """A row for each channel, A's patches beside B's; A's chosen channel in the inspector."""
    own = [each for each in shown if each < len(tops[1].score)]
    if not own:
        st.info(
            f"{layer} of B, {second.title}, has {len(tops[1].score)} channels only.",
            icon=":material/info:",
        )
        return
    a, b = side_of(choice, layer, tops[0], shown), side_of(second, layer, tops[1], own)
    both = pair(a, b)
    row = st.container(horizontal=True, gap="small")
    with row.container(width=2 * THIRD_PX + BETWEEN_PX):
        key = f"patches {layer} {shown[0]} {channel}"
        titles = [choice.title, second.title]
        clicked = show_pair(both, titles, key=key, chosen={ROWS: channel})
        if clicked is not None:
            choose_place(clicked[1])
        for top in tops:
            say_silent(top)
        offer_pair(a, b, both)
    with row.container(width=INSPECTOR_PX):
        st.markdown("**A**, in its images")
        inspect(choice, data, layer, tops[0], channel)


def without_data(error: WorkbenchError) -> None:
    """What can be done where there are no images to search."""
    st.info(f"Top patches need images to search. {plain(str(error))}", icon=":material/info:")
    if st.button("Look at feature maps of your own picture", icon=":material/image:"):
        go_to("feature_maps")


def ordered(choice: Choice, layer: str, top: TopPatches, place: Any) -> list[int]:
    """Channels in the order that the visitor wants."""
    with place.container(width=150):
        order = address.pick(
            st.selectbox,
            "Channels",
            [BY_STRENGTH, BY_NUMBER, SHUFFLED],
            name="order",
            default=BY_STRENGTH,
        )
    count = len(top.score)
    if order == BY_STRENGTH:
        return ranking(choice, layer, top).by_strength()
    return list(range(count)) if order == BY_NUMBER else shuffled(count, place)


def ranking(choice: Choice, layer: str, top: TopPatches) -> TopPatches:
    """Whose strengths order the channels, so that they keep their places while the epoch moves.

    The epoch that the address names, else the run's last one where that has been mined, else the
    one that is looked at; the address says which from then on.
    """
    epochs = choice.run.epochs
    named = address.read(
        "ranked", lambda text: epochs[epochs.index(int(text))], None, carried=False
    )
    for epoch in (named, epochs[-1]):
        if epoch in (None, choice.epoch):
            continue
        try:
            found = cached_patches(Choice(choice.run, epoch), layer)
        except CacheMiss:
            continue
        address.fill_in("ranked", str(epoch))
        return found
    if len(epochs) > 1:
        address.fill_in("ranked", str(choice.epoch))
    return top


def shuffled(count: int, place: Any) -> list[int]:
    """Channels at random, as Zeiler & Fergus chose theirs; the address says the seed: `lot`."""
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
    with st.container(width=95):
        return address.pick_number(
            st.number_input, "Channel", 0, channels - 1, name="channel", default=order[0]
        )


def draw_sheet(side: Side, channel: int) -> None:
    """Patches and projections of the channels; a click chooses channel and place."""
    shown = side.shown
    names = ", ".join(map(str, shown.channels))
    clicked = pointed_at(
        point_at_patches(shown, chosen=channel, width_px=picture_px()),
        key=f"patches {shown.layer} {shown.channels[0]} {channel}",
        alt=f"Strongest patches and their projections, {shown.layer}, channels {names}",
    )
    if clicked is not None and clicked[0] == channel:
        go_to("unit", layer=shown.layer, channel=channel)
    if clicked is not None:
        choose_place(clicked)
    st.caption(
        "A click chooses a channel, a second one opens its unit page. The number after the "
        "channel's is its strongest activation."
    )


def choose_place(clicked: Sequence[int]) -> None:
    """A click on a patch or a projection chooses its channel and its place."""
    channel, place = clicked
    address.write(channel=channel, place=place + 1)
    st.rerun()


def tiles_of(choice: Choice, layer: str, top: TopPatches, shown: Sequence[int]) -> np.ndarray:
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


def say_silent(top: TopPatches) -> None:
    silent = [channel for channel in range(len(top.score)) if top.is_silent(channel)]
    if not silent:
        return
    named = ", ".join(map(str, silent[:12])) + (" …" if len(silent) > 12 else "")
    st.caption(
        f"{len(silent)} of {len(top.score)} channels are silent: no image excites them "
        f"(score 0 or less), so there is nothing to project. They are {named}."
    )


page()
