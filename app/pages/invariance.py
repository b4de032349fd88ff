"""Invariance: what may happen to a picture before the answer changes?"""

from __future__ import annotations

import streamlit as st

from app.jobs.ask import ask
from app.shell.asked import asked
from app.shell.errors import plain
from app.shell.frame import Choice, compared
from app.shell.runs import data_of
from app.widgets.downloads import offer_pair, offer_side
from app.widgets.drawing import show_figure
from app.widgets.images import ChosenImage, choose_image, offered, on_both
from app.widgets.layout import heading
from training.errors import WorkbenchError
from viz.drawing.style import number
from viz.invariance import InvarianceQuery, InvarianceShown, borne
from viz.network.layers import last_hidden
from viz.store.answer import Side
from viz.store.query import ImageSource, Look
from viz.store.view import draw, pair

SHOWN = 5  # pictures, as in the paper's figure


def page() -> None:
    heading(
        "Invariance",
        "The picture is moved, enlarged and turned. Features of the first layer go far at once; "
        "those of the last hidden layer should stay near, and the answer the same.",
    )
    choices = compared()
    pairs = on_both(choices, choose_image(choices[0]))
    sides: list[Side] = []
    for who, (choice, image) in zip("AB", pairs, strict=False):
        if len(pairs) > 1:
            st.markdown(f"**{who}**: {choice.title}")
        query = InvarianceQuery(str(choice.run.path), choice.epoch, pictures_of(choice, image))
        reply = ask(asked(query, "label"))
        if reply.answer is None:
            break  # the second begins when the first one stands
        sides.append(reply.side(Look()))
        draw_curves(sides[-1])
    if len(sides) > 1:
        offer_pair(sides[0], sides[1], pair(*sides))
    elif sides:
        offer_side(sides[0])


def pictures_of(choice: Choice, first: ChosenImage) -> tuple[ImageSource, ...]:
    """The chosen picture, and a few validation images of other classes, where the run has any."""
    try:
        others = [str(index) for index in offered(data_of(choice.run).val)]
    except WorkbenchError:
        others = []
    named = [first.source, *(each for each in others if each != first.source)]
    return tuple(map(ImageSource, named[:SHOWN]))


def say(shown: InvarianceShown) -> None:
    """The result for the chosen picture, in a sentence."""
    up, down = borne(shown.found[0])
    (_, larger), (_, turned) = map(borne, shown.found[1:3])
    far = {0.0: "hardly at all", 360.0: "at will"}.get(turned, f"up to **{number(turned)}°**")
    st.markdown(
        f"**{plain(shown.names[0])}** keeps half of its probability while it is moved up to "
        f"**{number(-up)} px** up or **{number(down)} px** down, enlarged up to "
        f"**{number(larger)} ×**, turned {far}."
    )


def draw_curves(side: Side) -> None:
    """The curves of one network, and how to read them."""
    say(side.shown)
    names = ", ".join(side.shown.names)
    alt = f"Distances and probabilities of {names} under three transformations"
    show_figure(draw(side), alt=alt)
    st.caption(
        f"Left: the first picture, changed a little and much. Distances are Euclidean, from the "
        f"picture as it is; for {last_hidden(side.opened.plan)} a straight line means that it "
        "follows the change evenly. A rotation is borne where the picture itself looks alike "
        "(Zeiler & Fergus 2013, figure 5)."
    )


page()
