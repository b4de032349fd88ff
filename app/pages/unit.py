"""Unit: what is known of this channel?"""

from __future__ import annotations

import streamlit as st

from app.jobs.ask import ask
from app.shell.errors import plain
from app.shell.frame import Choice, channel_picker, compared, go_to, layer_picker
from app.shell.runs import data_of
from app.widgets.downloads import offer_pair, offer_side
from app.widgets.drawing import show_figure
from app.widgets.layout import heading
from training.errors import WorkbenchError
from viz.drawing.words import percent
from viz.filters import first_layer
from viz.filters.figure import filter_planes_figure
from viz.network.choices import channel_count
from viz.network.layers import deepest, key_layers
from viz.store.answer import Side
from viz.store.lend import plan_of
from viz.store.view import draw, pair
from viz.unit import UnitLook, UnitQuery
from viz.unit.query import UnitShown

SIMILAR, CLASSES = 6, 3


def page() -> None:
    heading(
        "Unit",
        "All that is known of one channel: what excites it most, what the deconvnet says it saw "
        "there, how often it fires, for which classes, and which channels are like it.",
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
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        with st.container(width=235):
            layer = layer_picker(plan, key_layers(plan), deepest(plan), also=plan.layers)
        with st.container(width=120):
            channel = channel_picker(channel_count(plan, layer))
    if len(choices) > 1:
        st.markdown(f"**A**: {choice.title}")
    first = show(choice, layer, channel)
    if first is None:
        return
    second = None
    for other in choices[1:]:
        st.markdown(f"**B**: {other.title}")
        second = show_second(other, layer, channel)
    if second is not None:
        offer_pair(first, second, pair(first, second))
    else:
        offer_side(first)
    lead_on(choice, first.shown)
    if layer == plan.convolutions[0]:
        draw_filter(choice, layer, channel)


def show(choice: Choice, layer: str, channel: int) -> Side | None:
    """The picture of one network's channel, and its sentence; None while a job is at work."""
    query = UnitQuery(str(choice.run.path), choice.epoch, layer)
    reply = ask(query, f"{query.message} of {layer}")
    if reply.answer is None:
        return None
    side = reply.side(UnitLook(channel))
    alt = f"{layer}, channel {channel}: its patches, projections, responses and classes"
    show_figure(draw(side), alt=alt)
    say(side.shown)
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
        return show(choice, layer, channel)
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
    named = [shown.classes[index] for index in profiles.preferred(channel, CLASSES)]
    st.markdown(
        f"It is above zero in **{percent(fires, 0)}** of the validation images, most for "
        f"{plain(', '.join(named))}."
    )


def lead_on(choice: Choice, shown: UnitShown) -> None:
    """Its images, its past, and the channels that are like it."""
    layer, channel, profiles = shown.layer, shown.look.channel, shown.profiles
    image = int(shown.top.image[channel, 0])
    with st.container(horizontal=True, gap="small"):
        if st.button("All channels of the layer", icon=":material/photo_library:"):
            go_to("top_patches", layer=layer, channel=channel)
        if len(choice.run.epochs) > 1 and st.button("Over the epochs", icon=":material/timeline:"):
            go_to("evolution", layer=layer, channels=channel)
        if image >= 0 and st.button("In its strongest image", icon=":material/layers:"):
            go_to("feature_maps", image=f"val:{image}", layer=layer, channel=channel)
    similar = profiles.similar(channel, SIMILAR)
    if not similar:
        return
    st.markdown("**Channels that fire for the same images**, with the correlation")
    with st.container(horizontal=True, gap="small"):
        for other in similar:
            label = f"{other} · {float(profiles.likeness[channel, other]):.2f}"
            if st.button(label, key=f"similar {other}"):
                go_to("unit", layer=layer, channel=other)


def draw_filter(choice: Choice, layer: str, channel: int) -> None:
    """The kernel itself, which only the first layer has in colours."""
    weight = choice.run.weight(choice.epoch, f"{layer}.weight").float()
    tile = first_layer(weight).tiles[channel]
    figure = filter_planes_figure(
        weight[channel],
        tile,
        title=f"{layer}, filter {channel}, epoch {choice.epoch}",
        high=float(weight.abs().max()),
    )
    show_figure(figure, alt=f"Filter {channel} enlarged, above its red, green and blue planes")


page()
