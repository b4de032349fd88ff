"""Filters of a deeper layer on the page Filters: which channels below each adds up, and how."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.shell import address
from app.shell.frame import Choice, channel_picker, go_to
from app.shell.runs import name_of
from app.widgets.bars import scale_bar
from app.widgets.downloads import made_by, offer
from app.widgets.drawing import pointed_at
from app.widgets.layout import panes
from app.widgets.paging import turn_pages
from training.runs import Run
from viz import results
from viz.drawing.style import SIGNED, number
from viz.drawing.words import percent
from viz.planes import Planes
from viz.planes.figure import planes_figure, planes_pointing
from viz.store.cache import to_arrays
from viz.store.export import command_line

CHANNELS, PLANES = 12, 12  # on a page, and of each channel


def show_planes(choice: Choice, layer: str, controls: DeltaGenerator) -> None:
    """Leaf through the filters of a layer above the first."""
    count = results.channel_count(results.blueprint(choice.run), layer)
    with controls:
        with st.container(width=105):
            channel = channel_picker(count)
        first = channel // CHANNELS * CHANNELS
        turn_pages(range(count), first, CHANNELS)
    channels = list(range(first, min(first + CHANNELS, count)))
    found = results.planes(choice.run, choice.epoch, layer, channels, count=PLANES)
    digests = tuple(choice.run.digest(epoch) for epoch in choice.run.epochs)
    high = _high(str(choice.run.path), layer, digests)
    below = results.below(choice.run, layer)
    row = channel - first
    source = address.read("source", int, int(found.source[row, 0]))
    if source not in found.source[row]:
        source = int(found.source[row, 0])
    picture, inspector = panes()
    with picture:
        figure = planes_pointing(found, high=high, below=below, chosen=(channel, source))
        clicked = pointed_at(
            figure,
            key=f"planes {layer} {first}",
            alt=f"The heaviest planes of {layer}, channels {first} to {channels[-1]}",
        )
        if clicked is not None and tuple(clicked) != (channel, source):
            address.write(channel=clicked[0], source=clicked[1])
            st.rerun()
        scale_bar(SIGNED, number(-high), number(high), "weight, one scale for all epochs")
        st.caption(
            f"A row for each channel of {layer}, {first} to {channels[-1]} from the top: the "
            f"{found.planes.shape[1]} heaviest of the {found.of} planes of its filter. Red adds "
            f"what the channel of {below} says there, blue takes it away. What such a sum "
            "looks for cannot be read from it: see its patches."
        )
        offer_planes(choice, layer, found, high, below)
    with inspector:
        say(choice, layer, below, found, row, source)


@st.cache_data(max_entries=32, show_spinner="Reading the filters of all epochs")
def _high(run_path: str, layer: str, digests: tuple[str, ...]) -> float:
    """One scale for all epochs, read once for all of them."""
    del digests  # part of the key only
    return results.full_colour(Run.open(run_path), layer)


def say(choice: Choice, layer: str, below: str, found: Planes, row: int, source: int) -> None:
    """What the chosen filter adds up, and the ways to either channel."""
    channel = int(found.channel[row])
    place = found.source[row].tolist().index(source)
    st.markdown(
        f"**{layer}, channel {channel}** takes {percent(float(found.share[row, place]))} of its "
        f"filter's energy from channel {source} of {below}; all planes shown hold "
        f"{percent(float(found.share[row].sum()))}."
    )
    run = {"run": name_of(choice.run), "epoch": choice.epoch}
    with st.container(horizontal=True, gap="small"):
        if st.button("Its top patches", type="primary", icon=":material/photo_library:"):
            go_to("top_patches", layer=layer, channel=channel, **run)
        if st.button(f"Those of {below}, {source}", icon=":material/south:"):
            go_to("top_patches", layer=below, channel=source, **run)


def offer_planes(choice: Choice, layer: str, found: Planes, high: float, below: str) -> None:
    run, epoch = choice.run, choice.epoch
    channels = found.channel.tolist()
    offer(
        lambda: planes_figure(
            found, high=high, title=f"Filters of {layer}, epoch {epoch}", below=below
        ),
        lambda: {name: to_arrays(found)[name] for name in ("planes", "channel", "source", "share")},
        name=f"{run.name}-planes-{layer}-epoch-{epoch}",
        made=made_by(choice, "planes", layer=layer, channels=channels, count=PLANES),
        shell=command_line(
            "planes", run.path, layer=layer, channels=channels, epoch=epoch, out="planes.png"
        ),
        python=PYTHON.format(path=run.path, epoch=epoch, layer=layer, channels=channels),
    )


PYTHON = """\
from training.runs import Run
from viz import results

planes = results.planes(Run.open("{path}"), {epoch}, "{layer}", {channels})"""
