"""Evolution: when did it learn that? The strongest patch of some channels, epoch after epoch."""

from __future__ import annotations

from statistics import median

import streamlit as st
from torch import nn

from app.shell import address
from app.shell.asked import asked
from app.shell.errors import plain
from app.shell.frame import Choice, compared, go_to, layer_picker
from app.shell.runs import data_of, name_of
from app.views.evolution import filters_settled, query_of, show
from app.widgets.cached_patches import patches_of
from app.widgets.downloads import offer_pair, offer_side
from app.widgets.layout import heading
from training.errors import WorkbenchError
from training.models import Network
from viz.network.choices import channel_count
from viz.network.layers import deepest, key_layers, kind_of
from viz.store.answer import Side
from viz.store.lend import plan_of
from viz.store.view import pair
from viz.top_patches import TopPatches

CHANNELS, MOST = 6, 12


def page() -> None:
    heading(
        "Evolution",
        "Channels down, epochs across: the validation image that excites the channel most at "
        "that epoch, and below it what the deconvnet says the unit saw. Lower layers settle "
        "within a few epochs, higher ones much later.",
    )
    choices = compared()
    choice = choices[0]
    try:
        data_of(choice.run)
    except WorkbenchError as error:
        without_data(error)
        return
    if len(choice.run.epochs) < 2:
        with_one_epoch(choice)
        return
    plan = plan_of(choice.run)
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        with st.container(width=235):
            layer = layer_picker(plan, with_channels(plan), deepest(plan), also=plan.layers)
        place = st.container(width=470)
    top = patches_of(choice, layer)
    if top is None:
        return
    with place:
        channels = channels_of(top)
    if len(choices) > 1:
        st.markdown(f"**A**: {plain(name_of(choice.run))}")
    first = show(asked(query_of(choice, layer, channels), "epochs"), choice, plan)
    if first is None:
        return
    second = None
    for other in choices[1:]:
        second = show_second(choice, other, layer, channels)
    if second is not None:
        offer_pair(first, second, pair(first, second))
    else:
        offer_side(first)


def show_second(choice: Choice, other: Choice, layer: str, channels: list[int]) -> Side | None:
    """The same channels of another run below, and when the filters of both settle."""
    if other.run.path == choice.run.path:
        st.caption("All epochs of this run are in the picture: B can be another run here.")
        return None
    st.markdown(f"**B**: {plain(name_of(other.run))}")
    plan = plan_of(other.run)
    if layer not in with_channels(plan):
        st.caption(f"B has no {layer}.")
        return None
    known = [each for each in channels if each < channel_count(plan, layer)]
    try:
        data_of(other.run)
    except WorkbenchError as error:
        st.caption(plain(str(error)))
        return None
    if len(other.run.epochs) < 2 or not known:
        st.caption("B has a single epoch, or none of these channels: there is nothing to follow.")
        return None
    side = show(query_of(other, layer, known), other, plan)
    if side is not None and all(
        isinstance(each.layers[layer], nn.Conv2d) for each in (plan_of(choice.run), plan)
    ):
        a, b = (median(filters_settled(each.run, layer)) for each in (choice, other))
        st.markdown(
            f"Half of all filters of {layer} have settled by epoch **{a:.0f}** in A and by epoch "
            f"**{b:.0f}** in B."
        )
    return side


def with_channels(plan: Network) -> list[str]:
    """Convolutions, and where their branches meet."""
    kinds = ("convolution", "merge")
    return [name for name in key_layers(plan) if kind_of(plan.layers[name]) in kinds]


def without_data(error: WorkbenchError) -> None:
    """What can be done where there are no images to search."""
    st.info(f"Evolution needs images to search. {plain(str(error))}", icon=":material/info:")
    if st.button("Look at feature maps of your own picture", icon=":material/image:"):
        go_to("feature_maps")


def with_one_epoch(choice: Choice) -> None:
    """What can be done where nothing has changed yet."""
    st.info(
        f"{choice.run.name} has a single checkpoint, so there is no change to see. A run that is "
        "trained here keeps one an epoch.",
        icon=":material/info:",
    )
    if st.button("See its top patches", icon=":material/photo_library:"):
        go_to("top_patches")


def channels_of(top: TopPatches) -> list[int]:
    """The chosen channels; by default strong ones at the chosen epoch."""
    count = len(top.score)
    strongest = different(top, CHANNELS)

    def parse(text: str) -> list[int]:
        chosen = list(dict.fromkeys(int(part) for part in text.split(",")))
        if not chosen or len(chosen) > MOST or not all(0 <= each < count for each in chosen):
            raise ValueError(text)
        return chosen

    value = address.read("channels", parse, strongest)

    def changed(chosen: list[int]) -> None:
        address.write(channels=",".join(map(str, chosen)) if chosen else None)

    st.multiselect(
        "Channels",
        range(count),
        **address.bound("channels", value, count, changed),
        max_selections=MOST,
        format_func=str,
    )
    return value


def different(top: TopPatches, count: int) -> list[int]:
    """The strongest channels that each favour another image, then the strongest of the rest."""
    order = top.by_strength()
    favourites: dict[int, int] = {}
    for channel in order:
        favourites.setdefault(int(top.image[channel, 0]), channel)
    first = list(favourites.values())
    return [*first, *(channel for channel in order if channel not in first)][:count]


page()
