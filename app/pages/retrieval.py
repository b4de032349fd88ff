"""Retrieval: what looks alike to the network, and what is alike in raw pixels."""

from __future__ import annotations

import streamlit as st

from app.shell.asked import asked
from app.shell.frame import compared
from app.shell.runs import data_of
from app.views.retrieval import (
    ask_alike,
    draw_neighbours,
    inspect,
    nearest_by_pixels,
    query_of,
    without_data,
)
from app.widgets.downloads import offer_pair, offer_side
from app.widgets.images import choose_image, on_both, same_data
from app.widgets.layout import heading, picture_and_inspector
from training.errors import WorkbenchError
from viz.store.answer import Side
from viz.store.view import pair


def page() -> None:
    heading(
        "Retrieval",
        "The validation images nearest to the query, nearest first: by what the network's last "
        "hidden layer makes of them, and by their raw pixels for contrast. Click an image to make "
        "it the query.",
    )
    choices = compared()
    choice = choices[0]
    try:
        data = data_of(choice.run)
        if not len(data.val.labels):
            raise WorkbenchError("The run's data set has no validation images.")
    except WorkbenchError as error:
        without_data(error)
        return
    image = choose_image(choice)
    query = asked(query_of(choice, image), "k", "layer")
    side = ask_alike(choice, query)
    if side is None:
        return
    layer, alike = side.shown.layer, side.shown.neighbours
    by_pixels = nearest_by_pixels(choice, image, query.k)
    others = [each for each in on_both(choices, image)[1:] if same_data(choice, each[0])]
    second: Side | None = None
    picture, inspector = picture_and_inspector()
    with picture:
        which = f" of A, {choice.title}" if len(choices) > 1 else ""
        st.markdown(f"**By {layer} features**{which}, Euclidean distance under each")
        draw_neighbours(data, alike, layer)
        for other, seen in others:
            second = ask_alike(other, query_of(other, seen, query.k, query.layer))
            if second is None:
                continue
            hidden, found = second.shown.layer, second.shown.neighbours
            shared = len(set(found.image.tolist()) & set(alike.image.tolist()))
            st.markdown(
                f"**By {hidden} features** of B, {other.title}: {shared} of {query.k} are the same"
            )
            draw_neighbours(data, found, f"{hidden} of B")
        if len(choices) > 1 and image.index is None and not others:
            st.caption(f"{choices[1].title}, B, has other images to search: it is not shown.")
        st.markdown("**By raw pixels**, for contrast")
        draw_neighbours(data, by_pixels, "pixels")
        if second is None:
            offer_side(side)
        else:
            offer_pair(side, second, pair(side, second))
    with inspector:
        inspect(choice, data, image, alike, by_pixels, layer)


page()
