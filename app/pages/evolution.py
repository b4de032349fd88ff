"""Evolution: when did it learn that? The strongest patch of some channels, epoch after epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.shell import address
from app.shell.errors import plain
from app.shell.frame import Choice, compared, go_to, layer_picker
from app.shell.runs import data_of, name_of
from app.views.evolution import Followed, follow, show_rows
from app.widgets.cached_patches import patches_of
from app.widgets.downloads import offer_pair, offer_side
from app.widgets.layout import heading
from app.widgets.paging import turn_pages
from training.errors import WorkbenchError
from training.models import Network
from training.runs import Run
from viz.network.choices import channel_count
from viz.network.layers import deepest, key_layers, kind_of
from viz.store.lend import plan_of
from viz.store.view import pair
from viz.top_patches import TopPatches

ROWS, ROWS_OF_TWO = 6, 3  # channels on a page
SEGMENTS = 8  # layers that stand side by side; more are chosen from a list
BY_STRENGTH, BY_NUMBER = "strongest first", "by number"


def page() -> None:
    heading(
        "Evolution",
        "Channels down, epochs across: the validation image that excites the channel most at "
        "that epoch, and below it what the deconvnet says the unit saw.",
    )
    choices = compared()
    choice = choices[0]
    for run in {each.run.path: each.run for each in choices}.values():
        tell_start(run)
    try:
        data_of(choice.run)
    except WorkbenchError as error:
        without_data(error)
        return
    if len(choice.run.epochs) < 2:
        with_one_epoch(choice)
        return
    plan = plan_of(choice.run)
    controls = st.container(horizontal=True, gap="small", vertical_alignment="bottom")
    with controls:
        layer = choose_layer(plan)
    second = second_of(choices, layer)
    rows = choose_rows(choice, layer, controls, ROWS if second is None else ROWS_OF_TWO)
    if rows is None:
        return
    a = follow(choice, layer, rows.shown)
    if a is None:
        return
    b = None if second is None else follow_second(second, layer, rows.shown)
    marked = [each.epoch for each in choices if each.run.path == choice.run.path]
    show_rows([a, b] if b else [a], rows.channel, marked)
    if b is not None and a.whole and b.whole:
        offer_pair(a.side, b.side, pair(a.side, b.side))
    elif a.whole:
        offer_side(a.side)


def tell_start(run: Run) -> None:
    """Where a run's first weights came from, if they were not random."""
    if run.info.start_in_words:
        st.caption(f"{plain(name_of(run))}: {plain(run.info.start_in_words)}")


@dataclass(frozen=True)
class Rows:
    """What is drawn."""

    shown: list[int]  # channels
    channel: int | None  # the one that is asked about; None where several are named


def choose_layer(plan: Network) -> str:
    """Side by side where there is room for them: one click less."""
    layers, named = with_channels(plan), st.query_params.get("layer")
    if len(layers) > SEGMENTS or (named in plan.layers and named not in layers):
        with st.container(width=235):
            return layer_picker(plan, layers, deepest(plan), also=plan.layers)
    layer: str = address.pick(
        st.segmented_control,
        "Layer",
        layers,
        name="layer",
        default=deepest(plan),
        also={name: name for name in plan.layers if name not in layers},
        required=True,
    )
    return layer


def with_channels(plan: Network) -> list[str]:
    """Convolutions, and where their branches meet."""
    kinds = ("convolution", "merge")
    return [name for name in key_layers(plan) if kind_of(plan.layers[name]) in kinds]


def choose_rows(choice: Choice, layer: str, place: DeltaGenerator, many: int) -> Rows | None:
    """A page of channels; None while a job mines what their order depends on.

    Strength is that of the last epoch, so that the rows stay where they are when the epoch moves.
    """
    count = channel_count(plan_of(choice.run), layer)
    named = address.read("channels", lambda text: numbers(text, count), None)
    if named is not None:
        with place:
            if st.button("All channels", icon=":material/list:"):
                address.write(channels=None)
                st.rerun()
        return Rows(named, named[0] if len(named) == 1 else None)
    with place:
        how = address.pick(
            st.segmented_control,
            "Order",
            [BY_STRENGTH, BY_NUMBER],
            name="order",
            default=BY_STRENGTH,
            required=True,
        )
        rest = st.container(horizontal=True, gap="small", vertical_alignment="center", width=480)
    order = list(range(count))
    if how == BY_STRENGTH:
        last = choice.run.sound(choice.run.epochs).epochs[-1]
        top = patches_of(Choice(choice.run, last), layer)
        if top is None:
            return None
        order = different(top)
    with rest:
        with st.container(width=105):
            channel = address.pick_number(
                st.number_input, "Channel", 0, count - 1, name="channel", default=order[0]
            )
        first = order.index(channel) // many * many
        turn_pages(order, first, many)
    return Rows(order[first : first + many], channel)


def numbers(text: str, count: int) -> list[int]:
    """Channels with commas between, each once."""
    chosen = list(dict.fromkeys(int(part) for part in text.split(",")))
    if not all(0 <= each < count for each in chosen):
        raise ValueError(text)
    return chosen


def different(top: TopPatches) -> list[int]:
    """All channels: the strongest that each favour another image, then the rest by strength."""
    order = top.by_strength()
    favourites: dict[int, int] = {}
    for channel in order:
        favourites.setdefault(int(top.image[channel, 0]), channel)
    first = list(favourites.values())
    return [*first, *(channel for channel in order if channel not in first)]


def second_of(choices: Sequence[Choice], layer: str) -> Choice | None:
    """Another run to set beside the first; a word and None where it cannot be, or is the same."""
    if len(choices) < 2:
        return None
    a, b = choices
    if a.run.path == b.run.path:
        st.caption(
            f"A and B are two epochs of this run, {a.epoch} and {b.epoch}: both are outlined, as "
            "all of its epochs are in the picture. Another run would stand below it, row by row."
        )
        return None
    if layer not in with_channels(plan_of(b.run)):
        st.info(f"B, {b.title}, has no {plain(layer)}: A is shown alone.", icon=":material/info:")
        return None
    try:
        data_of(b.run)
    except WorkbenchError as error:
        st.info(f"B, {b.title}, is not shown. {plain(str(error))}", icon=":material/info:")
        return None
    if len(b.run.epochs) < 2:
        st.info(f"B, {b.title}, has a single checkpoint: A is shown alone.", icon=":material/info:")
        return None
    return b


def follow_second(second: Choice, layer: str, channels: Sequence[int]) -> Followed | None:
    """The same channels of B, as far as it has them."""
    count = channel_count(plan_of(second.run), layer)
    own = [each for each in channels if each < count]
    if not own:
        st.info(f"{layer} of B, {second.title}, has {count} channels only.", icon=":material/info:")
        return None
    return follow(second, layer, own)


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


page()
