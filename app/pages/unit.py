"""Unit: what is known of this channel?"""

from __future__ import annotations

from typing import Any

import streamlit as st
from matplotlib.figure import Figure

from app.jobs.ask import answer
from app.shell.errors import plain
from app.shell.frame import Choice, channel_picker, compared, go_to, layer_picker
from app.shell.runs import data_of
from app.widgets.cached_patches import cached_patches
from app.widgets.downloads import made_by, offer
from app.widgets.drawing import show_figure
from app.widgets.layout import heading
from training.data import Data
from training.errors import WorkbenchError
from viz import results
from viz.drawing.words import percent
from viz.filters import first_layer
from viz.filters.planes_figure import filter_planes_figure
from viz.network.layers import deepest, landmarks
from viz.store.cache import to_arrays
from viz.store.export import command_line
from viz.top_patches import TopPatches
from viz.unit.compute import Profiles
from viz.unit.figure import unit_figure

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
        data = data_of(choice.run)
    except WorkbenchError as error:
        st.info(
            f"A channel is known by the images that excite it. {plain(str(error))}",
            icon=":material/info:",
        )
        return
    plan = results.blueprint(choice.run)
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        with st.container(width=235):
            layer = layer_picker(plan, landmarks(plan), deepest(plan))
        with st.container(width=120):
            channel = channel_picker(results.channel_count(plan, layer))
    if len(choices) > 1:
        st.markdown(f"**A**: {choice.title}")
    profiles, top = show(choice, data, layer, channel)
    for other in choices[1:]:
        st.markdown(f"**B**: {other.title}")
        beside(other, layer, channel)
    lead_on(choice, layer, channel, top, profiles)
    if layer == plan.convolutions[0]:
        draw_filter(choice, layer, channel)


def show(choice: Choice, data: Data, layer: str, channel: int) -> tuple[Profiles, TopPatches]:
    """The picture of one network's channel, and its sentence."""
    profiles = profiles_of(choice, layer)
    top = cached_patches(choice, layer)
    draw(choice, data, layer, channel, top, profiles)
    say(data, layer, channel, profiles)
    return profiles, top


def beside(choice: Choice, layer: str, channel: int) -> None:
    """The same channel of the network to compare with, where it has such a one."""
    try:
        data = data_of(choice.run)
        count = results.channel_count(results.blueprint(choice.run), layer)
    except WorkbenchError as error:
        st.info(plain(str(error)), icon=":material/info:")
        return
    if channel < count:
        show(choice, data, layer, channel)
    else:
        st.info(f"Its {layer} has {count} channels only.", icon=":material/info:")


def profiles_of(choice: Choice, layer: str) -> Profiles:
    """Of all channels of the layer, kept once for each checkpoint."""
    run, epoch = choice.run, choice.epoch

    def compute(**how: Any) -> Profiles:
        return results.profiles(run, epoch, layer, **how)

    arguments = ["unit", str(run.path), "--epoch", str(epoch), "--layer", layer]
    return answer(compute, run, arguments, label=f"Getting to know the channels of {layer}")


def draw(
    choice: Choice, data: Data, layer: str, channel: int, top: TopPatches, profiles: Profiles
) -> None:
    run, epoch = choice.run, choice.epoch
    nine = results.gallery_of(run, epoch, layer, top, [channel])

    def figure() -> Figure:
        return unit_figure(
            nine.patch[0],
            nine.projection[0],
            top.score[channel],
            profiles,
            channel,
            data.classes,
            layer=layer,
            epoch=epoch,
        )

    alt = f"{layer}, channel {channel}: its patches, projections, responses and classes"
    show_figure(figure(), alt=alt)
    offer(
        figure,
        lambda: to_arrays(profiles),
        name=f"{run.name}-unit-{layer}-{channel}-epoch-{epoch}",
        made=made_by(choice, "unit", layer=layer, channel=channel, split="val"),
        shell=command_line(
            "unit", run.path, epoch=epoch, layer=layer, channel=channel, out="unit.png"
        ),
        python=PYTHON.format(path=run.path, epoch=epoch, layer=layer, channel=channel),
    )


PYTHON = """\
from training.runs import Run
from viz import results

profiles = results.profiles(Run.open("{path}"), {epoch}, "{layer}")
profiles.preferred({channel}, 5), profiles.similar({channel}, 5)"""


def say(data: Data, layer: str, channel: int, profiles: Profiles) -> None:
    """Dead or not, and what for, in a sentence."""
    fires = float(profiles.active[channel])
    if fires == 0:
        st.warning(
            f"Channel {channel} of {layer} is dead: no validation image excites it.",
            icon=":material/do_not_disturb_on:",
        )
        return
    named = [data.classes[index] for index in profiles.preferred(channel, CLASSES)]
    st.markdown(
        f"It is above zero in **{percent(fires, 0)}** of the validation images, most for "
        f"{plain(', '.join(named))}."
    )


def lead_on(choice: Choice, layer: str, channel: int, top: TopPatches, profiles: Profiles) -> None:
    """Its images, its past, and the channels that are like it."""
    image = int(top.image[channel, 0])
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
