"""Filters of a deeper layer on the page Filters: which channels below each adds up, and how."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.jobs.ask import ask
from app.shell import address
from app.shell.asked import asked
from app.shell.frame import Choice, channel_picker
from app.views.film import show_film
from app.views.filters import lead_to_patches
from app.widgets.bars import scale_bar
from app.widgets.downloads import offer_side
from app.widgets.drawing import pointed_at
from app.widgets.layout import picture_and_inspector, picture_px
from app.widgets.paging import turn_pages
from viz.drawing.style import SIGNED, number
from viz.drawing.words import percent
from viz.network.choices import channel_count
from viz.planes import PlanesQuery, PlanesShown
from viz.planes.figure import planes_pointing
from viz.store.lend import plan_of
from viz.store.query import Look

CHANNELS = 12  # on a page


def show_planes(choice: Choice, layer: str, controls: DeltaGenerator, film: bool) -> None:
    """Page through the filters of a layer above the first, of one epoch or as a film of all."""
    count = channel_count(plan_of(choice.run), layer)
    with controls:
        with st.container(width=105):
            channel = channel_picker(count)
        first = channel // CHANNELS * CHANNELS
        turn_pages(range(count), first, CHANNELS)
    channels = tuple(range(first, min(first + CHANNELS, count)))
    query = PlanesQuery(str(choice.run.path), choice.epoch, layer=layer, channels=channels)
    side = ask(asked(query, "count")).side(Look())
    shown = side.shown
    row = channel - first
    sources = shown.planes.source[row].tolist()
    source = address.read("source", int, sources[0])
    source = source if source in sources else sources[0]
    picture, inspector = picture_and_inspector()
    with picture:
        if film:
            clicked = show_film(choice, -1, layer, channels)
            if clicked is not None:
                channel = channels[clicked // shown.planes.planes.shape[1]]
                address.write(channel=channel, source=None)
                st.rerun()
        else:
            _draw(shown, (channel, source))
            offer_side(side)
    with inspector:
        _inspect(choice, shown, row, source)


def _draw(shown: PlanesShown, chosen: tuple[int, int]) -> None:
    """The sheet to point at; a click chooses a plane."""
    layer, channels = shown.layer, shown.planes.channel.tolist()
    clicked = pointed_at(
        planes_pointing(
            shown.planes,
            high=shown.high,
            below=shown.below,
            chosen=chosen,
            width_px=picture_px(),
        ),
        key=f"planes {layer} {channels[0]}",
        alt=f"The heaviest planes of {layer}, channels {channels[0]} to {channels[-1]}",
    )
    if clicked is not None and tuple(clicked) != chosen:
        address.write(channel=clicked[0], source=clicked[1])
        st.rerun()
    high = shown.high
    scale_bar(SIGNED, number(-high), f"+{number(high)}", "weight, one scale for all epochs")
    st.caption(
        f"At the left the channel of {layer}, under each plane the channel of {shown.below}: the "
        f"{shown.planes.planes.shape[1]} heaviest of {shown.planes.of} planes. What such a sum "
        "looks for cannot be read from it: see its patches."
    )


def _inspect(choice: Choice, shown: PlanesShown, row: int, source: int) -> None:
    """What the chosen filter adds up, and the ways to either channel."""
    layer, below, found = shown.layer, shown.below, shown.planes
    channel = int(found.channel[row])
    place = found.source[row].tolist().index(source)
    st.markdown(
        f"**{layer}, channel {channel}** takes {percent(float(found.share[row, place]))} of its "
        f"filter's energy from channel {source} of {below}; all planes shown hold "
        f"{percent(float(found.share[row].sum()))}."
    )
    lead_to_patches(choice, layer, channel, "own")
    lead_to_patches(choice, below, source, "below", f"Those of {below}, {source}")
