"""How large the objects are beside what each layer sees, on the page Diagnosis."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.jobs.ask import ask
from app.shell.asked import asked
from app.shell.errors import plain
from app.shell.frame import Choice
from app.shell.runs import data_of, name_of
from app.widgets.downloads import offer_pair, offer_side
from app.widgets.drawing import show_figure
from viz.network.objects import known
from viz.object_scale import ObjectScaleQuery
from viz.store.query import Look
from viz.store.view import draw, draw_both, pair


def show_object_scale(choices: Sequence[Choice]) -> None:
    """Of one network or of two on one scale, where the places of objects are known."""
    runs = list({name_of(each.run): each.run for each in choices}.values())  # epochs are alike
    if not all(len(known(data_of(run).val)) for run in runs):
        return
    st.subheader("Object sizes and receptive fields", anchor=False)
    names = [name_of(run) for run in runs]
    sides = [ask(asked(ObjectScaleQuery(str(run.path)), "split")).side(Look()) for run in runs]
    for name, side in zip(names, sides, strict=True):
        st.markdown(f"**{plain(name)}** · {plain(side.shown.words())}")
    both = pair(*sides) if len(sides) == 2 else None
    figure = draw(sides[0]) if both is None else draw_both(sides[0].query, both, names)
    show_figure(figure, alt=f"Sizes of objects and receptive fields of {' and '.join(names)}")
    st.caption(
        "An object's width is the square root of its area. The band holds the middle half of the "
        "validation set's objects: a layer left of it sees parts, one right of it whole objects."
    )
    if both is None:
        offer_side(sides[0])
    else:
        offer_pair(sides[0], sides[1], both)
