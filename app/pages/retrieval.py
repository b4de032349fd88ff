"""Retrieval: what looks alike to the network, and what is alike in raw pixels."""

from __future__ import annotations

import streamlit as st

from app.shell.asked import asked
from app.shell.frame import compared
from app.shell.runs import data_of
from app.views.retrieval import (
    ask_alike,
    draw_neighbours,
    in_words,
    inspect,
    nearest_by_pixels,
    query_of,
    show_scores,
    without_data,
)
from app.widgets.downloads import offer_pair, offer_side
from app.widgets.images import choose_image, on_both, same_data
from app.widgets.layout import heading, picture_and_inspector, picture_px
from training.errors import WorkbenchError
from viz.store.answer import Side
from viz.store.view import pair


def page() -> None:
    heading(
        "Retrieval",
        "The validation images nearest to the query, by the network's last hidden layer and, for "
        "contrast, by raw pixels. ✓ is of the query's class, ✗ of another; click one to make it "
        "the query.",
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
        which = f" of A, {choice.title}," if len(choices) > 1 else ""
        words = in_words(data, image, alike, f"{layer}{which}")
        st.markdown(f"{words}; below each its Euclidean distance.")
        draw_neighbours(data, alike, layer, image.label, picture_px())
        for other, seen in others:
            second = ask_alike(other, query_of(other, seen, query.k, query.layer))
            if second is None:
                continue
            hidden, found = second.shown.layer, second.shown.neighbours
            shared = len(set(found.image.tolist()) & set(alike.image.tolist()))
            words = in_words(data, image, found, f"{hidden} of B, {other.title},")
            st.markdown(f"{words}; {shared} of {query.k} are the same as A's.")
            draw_neighbours(data, found, f"{hidden} of B", image.label, picture_px())
        if len(choices) > 1 and image.index is None and not others:
            st.caption(f"{choices[1].title}, B, has other images to search: it is not shown.")
        st.markdown(f"{in_words(data, image, by_pixels, 'raw pixels')}, for contrast.")
        draw_neighbours(data, by_pixels, "pixels", image.label, picture_px())
        if second is None:
            offer_side(side)
        else:
            offer_pair(side, second, pair(side, second))
        show_scores(choice)
    with inspector:
        inspect(choice, image)


page()
