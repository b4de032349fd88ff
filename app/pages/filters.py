"""Filters: what do the first filters look for?"""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.jobs.ask import ask
from app.shell import address
from app.shell.frame import Choice, compared, layer_picker
from app.views.film import show_film
from app.views.filters import (
    channel_in_address,
    choose_channel,
    choose_look,
    inspect,
    say_what_they_are,
    show_scale,
    show_sheet,
)
from app.views.planes import show_planes
from app.widgets.downloads import offer_pair, offer_side
from app.widgets.layout import INSPECTOR_PX, heading, picture_and_inspector, picture_px
from app.widgets.pairs import show_pair
from viz.filters import FiltersLook, FiltersQuery
from viz.planes import with_planes
from viz.store.answer import Side
from viz.store.lend import plan_of
from viz.store.view import pair

PICTURES = {"epoch": "one epoch", "film": "film of all epochs"}


def page() -> None:
    said = st.container()  # what the page says follows the layer, which is chosen below
    choices = compared()
    choice = choices[0]
    plan = plan_of(choice.run)
    layer = plan.convolutions[0]
    controls = st.container(horizontal=True, gap="small", vertical_alignment="bottom")
    with controls.container(width=150):
        chosen_layer = layer_picker(plan, [layer, *with_planes(plan)], layer)
    with said:
        head(chosen_layer, is_first=chosen_layer == layer)
    if chosen_layer != layer:
        show_planes(choice, chosen_layer, controls, _plays(choice, controls))
        if len(choices) > 1:
            st.caption(f"Two networks are compared by the filters of {layer} alone.")
        return
    with controls:
        film = _plays(choice, controls)
        look = FiltersLook() if film else choose_look()
    sides = [side_of(each, look) for each in choices]
    if len(sides) > 1 and not film:
        show_two(choices, sides[0], sides[1])
        return
    shown = sides[0].shown
    with said:
        say_what_they_are(choice, shown)
    picture, inspector = picture_and_inspector()
    channel = channel_in_address(shown)
    with picture:
        if film:
            choose_channel(show_film(choice, channel), channel)
        else:
            choose_channel(show_sheet(sides[0], picture_px(), chosen=channel), channel)
            offer_side(sides[0])
    with inspector:
        inspect(choice, shown, channel)


def head(layer: str, *, is_first: bool) -> None:
    """Title, and how to read the picture of such a layer."""
    if is_first:
        heading(
            "Filters",
            "Each square is one filter: it wants what it shows, and does not care where it is mid "
            "grey.",
        )
        return
    heading(
        "Filters",
        f"Each row is one filter of {layer}, each square its weights for one channel of the layer "
        "below, heaviest first: red adds what that channel says there, blue takes it away.",
    )


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
    titles = [choice.title for choice in choices]
    channel = channel_in_address(max(shown, key=lambda each: len(each.weight)))
    clicked = show_pair(both, titles, key="filters", chosen={"channel": channel})
    show_scale(first.shown, both.rows[0].first.scale)
    choose_channel(clicked and clicked[1], channel)
    offer_pair(first, second, both)
    row = st.container(horizontal=True, gap="medium")
    for who, choice, each in zip("AB", choices, shown, strict=True):
        if channel < len(each.weight):
            with row.container(width=INSPECTOR_PX):
                st.markdown(f"**{who}**: {choice.title}")
                inspect(choice, each, channel, both.rows[0].first.scale, key=who)


def _plays(choice: Choice, controls: DeltaGenerator) -> bool:
    """Whether the film of all epochs is wanted, and there is one."""
    if len(choice.run.epochs) < 2:
        return False
    with controls:
        picture = address.pick(
            st.segmented_control,
            "Picture",
            list(PICTURES),
            name="picture",
            default="epoch",
            format_func=PICTURES.__getitem__,
            width="content",
        )
    return bool(picture == "film")


page()
