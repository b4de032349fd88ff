"""Unit: what is known of this channel?"""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.jobs.ask import Reply, ask
from app.shell.errors import plain
from app.shell.frame import Choice, channel_picker, compared, go_to, layer_picker
from app.shell.runs import data_of
from app.views.unit import (
    draw_classes,
    draw_course,
    draw_feeding,
    draw_patches,
    draw_similar,
)
from app.widgets.downloads import offer_pair, offer_side
from app.widgets.drawing import show_figure
from app.widgets.layout import heading, page_px
from training.errors import WorkbenchError
from viz.drawing.words import label_of, percent
from viz.filters import first_layer
from viz.filters.figure import filter_planes_figure
from viz.network.choices import channel_count
from viz.network.layers import deepest, key_layers
from viz.network.weights import full_colour, healed
from viz.store.answer import Side
from viz.store.lend import plan_of
from viz.store.view import pair
from viz.unit import UnitLook, UnitQuery
from viz.unit.pointing import patches_pointing
from viz.unit.query import UnitShown

CLASSES = 3
SIDE_PX, BESIDE_PX, BETWEEN_PX = 300, 1000, 32  # of the classes; where they stand beside; the gap


def page() -> None:
    heading(
        "Unit",
        "All that is known of one channel. Click a patch for its image, a dot for its epoch, and "
        "a thumbnail for that channel.",
    )
    choices = compared()
    choice = choices[0]
    try:
        data_of(choice.run)
    except WorkbenchError as error:
        st.info(
            f"A channel is known by the images that excite it. {plain(str(error))}",
            icon=":material/info:",
        )
        return
    plan = plan_of(choice.run)
    controls = st.container(horizontal=True, gap="small", vertical_alignment="bottom")
    with controls.container(width=235):
        layer = layer_picker(plan, key_layers(plan), deepest(plan), also=plan.layers)
    reply = ask_unit(choice, layer)
    if reply is None:
        return
    with controls.container(width=120):
        strongest = reply.answer.top.by_strength()[0]
        channel = channel_picker(channel_count(plan, layer), strongest)
    lead_on(choice, layer, channel, controls)
    if len(choices) > 1:
        st.markdown(f"**A**: {choice.title}")
    first = show(choice, reply, channel)
    second = None
    for other in choices[1:]:
        st.markdown(f"**B**: {other.title}")
        second = show_second(other, layer, channel)
    if second is not None:
        offer_pair(first, second, pair(first, second))
    else:
        offer_side(first)
    draw_similar(choice, first.shown, page_px())
    draw_feeding(choice, layer, channel, page_px())
    if layer == plan.convolutions[0]:
        draw_filter(choice, layer, channel)


def ask_unit(choice: Choice, layer: str) -> Reply[UnitQuery] | None:
    """What is known of a layer's channels; None while a job is at work."""
    query = UnitQuery(str(choice.run.path), choice.epoch, layer)
    reply = ask(query, f"{query.message} of {layer}")
    return None if reply.answer is None else reply


def show(choice: Choice, reply: Reply[UnitQuery], channel: int) -> Side:
    """One network's channel: a sentence, its patches beside its classes, and its course."""
    side = reply.side(UnitLook(channel))
    say(side.shown)
    width = page_px()
    room = width - SIDE_PX - BETWEEN_PX if width >= BESIDE_PX else width
    figure = patches_pointing(side.shown, width_px=room)
    rest = width - int(figure.layout.width) - BETWEEN_PX
    row = st.container(horizontal=True, gap="medium")
    with row.container(width=int(figure.layout.width)):
        draw_patches(choice, side.shown, figure)
    with row.container(width=rest if rest >= SIDE_PX else width):
        draw_classes(side.shown)
    draw_course(choice, side.shown, width)
    return side


def show_second(choice: Choice, layer: str, channel: int) -> Side | None:
    """The same channel of the network to compare with, where it has such a one."""
    try:
        data_of(choice.run)
        count = channel_count(plan_of(choice.run), layer)
    except WorkbenchError as error:
        st.info(plain(str(error)), icon=":material/info:")
        return None
    if channel < count:
        reply = ask_unit(choice, layer)
        return None if reply is None else show(choice, reply, channel)
    st.info(f"Its {layer} has {count} channels only.", icon=":material/info:")
    return None


def say(shown: UnitShown) -> None:
    """Dead or not, and what for, in a sentence."""
    profiles, channel = shown.profiles, shown.look.channel
    fires = float(profiles.active[channel])
    if fires == 0:
        st.warning(
            f"Channel {channel} of {shown.layer} is dead: no validation image excites it.",
            icon=":material/do_not_disturb_on:",
        )
        return
    named = [label_of(shown.classes, index, None) for index in profiles.preferred(channel, CLASSES)]
    st.markdown(
        f"**{shown.layer}, channel {channel}** is above zero in **{percent(fires, 0)}** of the "
        f"validation images, most for {plain(', '.join(named))}."
    )


def lead_on(choice: Choice, layer: str, channel: int, place: DeltaGenerator) -> None:
    """All channels of the layer, and this one over the epochs."""
    with place:
        if st.button("All channels of the layer", icon=":material/photo_library:"):
            go_to("top_patches", layer=layer, channel=channel)
        if len(choice.run.epochs) > 1 and st.button("Over the epochs", icon=":material/timeline:"):
            go_to("evolution", layer=layer, channel=channel)


def draw_filter(choice: Choice, layer: str, channel: int) -> None:
    """The kernel itself, which only the first layer has in colours."""
    weight = healed(choice.run.weight(choice.epoch, f"{layer}.weight"))
    high = full_colour(choice.run, layer)  # as on the page Filters
    tile = first_layer(weight, high=high).tiles[channel]
    figure = filter_planes_figure(
        weight[channel],
        tile,
        title=f"{layer}, filter {channel}, epoch {choice.epoch}",
        high=high,
    )
    show_figure(figure, alt=f"Filter {channel} enlarged, above its red, green and blue planes")


page()
