"""Filters: what do the first filters look for?"""

from __future__ import annotations

import streamlit as st

from app.jobs.ask import ask
from app.shell import address
from app.shell.frame import Choice, compared, layer_picker
from app.views.film import show_film
from app.views.filters import (
    channel_in_address,
    choose_channel,
    choose_look,
    inspect,
    show_sheet,
)
from app.views.planes import show_planes
from app.widgets.downloads import offer_pair, offer_side
from app.widgets.layout import THIRD_PX, heading, picture_and_inspector
from app.widgets.pairs import show_pair
from viz.filters import FiltersLook, FiltersQuery
from viz.planes import with_planes
from viz.store.answer import Side
from viz.store.lend import plan_of
from viz.store.view import pair

SHEET_PX = 670  # what a window of 1024 px has room for
PICTURES = {"epoch": "one epoch", "film": "film of all epochs"}


def page() -> None:
    heading(
        "Filters",
        "Each square of the first layer is one filter: it wants what it shows, and does not care "
        "where it is mid grey.",
    )
    choices = compared()
    choice = choices[0]
    plan = plan_of(choice.run)
    layer = plan.convolutions[0]
    controls = st.container(horizontal=True, gap="medium", vertical_alignment="bottom")
    with controls.container(width=235):
        chosen_layer = layer_picker(plan, [layer, *with_planes(plan)], layer)
    if chosen_layer != layer:
        show_planes(choice, chosen_layer, controls)
        if len(choices) > 1:
            st.caption(f"Two networks are compared by the filters of {layer} alone.")
        return
    with controls:
        film = len(choice.run.epochs) > 1 and _picture() == "film"
        look = FiltersLook() if film else choose_look()
    sides = [side_of(each, look) for each in choices]
    if len(sides) > 1 and not film:
        show_two(choices, sides[0], sides[1])
        return
    left, right = picture_and_inspector()
    channel = channel_in_address(len(sides[0].shown.weight))
    with left:
        if film:
            show_film(choice.run, SHEET_PX - 20)
        else:
            choose_channel(show_sheet(sides[0], SHEET_PX, chosen=channel), channel)
            offer_side(sides[0])
    with right:
        inspect(sides[0].shown, channel)


def side_of(choice: Choice, look: FiltersLook) -> Side:
    """The first filters of one network, with a banner where some are broken."""
    side = ask(FiltersQuery(str(choice.run.path), choice.epoch)).side(look)
    finite = side.shown.weight.isfinite().all()
    choice.warn_of([] if finite else [side.shown.layer])
    return side


def show_two(choices: list[Choice], first: Side, second: Side) -> None:
    """A, B and what B has more, on one scale; a click shows that filter's planes in both."""
    both = pair(first, second)
    shown = [first.shown, second.shown]
    channel = channel_in_address(max(len(each.weight) for each in shown))
    titles = [choice.title for choice in choices]
    clicked = show_pair(both, titles, key="filters", chosen={"channel": channel})
    choose_channel(clicked and clicked[1], channel)
    offer_pair(first, second, both)
    if channel is None:
        st.info("Click a filter to see it large in both.", icon=":material/ads_click:")
        return
    row = st.container(horizontal=True, gap="medium")
    for who, choice, each in zip("AB", choices, shown, strict=True):
        if channel < len(each.weight):
            with row.container(width=THIRD_PX):
                inspect(each, channel, both.rows[0].first.scale, of=choice, key=who)


def _picture() -> str:
    return address.pick(
        st.segmented_control,
        "Picture",
        list(PICTURES),
        name="picture",
        default="epoch",
        format_func=PICTURES.__getitem__,
        width="content",
    )


page()
