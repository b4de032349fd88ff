"""Sanity checks of a heat map on the page Attribution: shown where cached, or where asked for."""

from __future__ import annotations

import streamlit as st
from torch import Tensor

from app.jobs.ask import Reply, ask, ask_cached
from app.shell import address
from app.shell.frame import Choice
from app.widgets.downloads import offer_side
from app.widgets.drawing import show_figure
from app.widgets.images import ChosenImage
from app.widgets.layout import picture_and_inspector
from viz.attribution import METHODS, MethodName
from viz.sanity_checks import SanityChecks, SanityChecksLook, SanityChecksQuery, area
from viz.store.query import ImageSource
from viz.store.view import draw


def show_sanity_checks(choice: Choice, image: ChosenImage, name: str, method: MethodName) -> None:
    """The two tests of one map of a class."""
    shown = METHODS[method]
    st.subheader(f"Sanity checks of {shown.name}", anchor=False)
    source = ImageSource(image.source)
    query = SanityChecksQuery(str(choice.run.path), choice.epoch, source, name, method)
    reply = _reply(query)
    if reply is None:
        st.caption(
            "Deletes the map's highest pixels and inserts them, against random orders; then makes "
            "the learned weights random, layer by layer. Takes some seconds, once."
        )
        if st.button("Run sanity checks", icon=":material/fact_check:", type="primary"):
            address.write(trust="yes")
            st.rerun()
        return
    if reply.answer is None:
        return
    side = reply.side(SanityChecksLook())
    picture, words = picture_and_inspector()
    with picture:
        show_figure(
            draw(side),
            alt=f"Deletion and insertion curves, and the map by {shown.name} with random weights",
        )
        offer_side(side)
    with words:
        read(reply.answer)


def _reply(query: SanityChecksQuery) -> Reply | None:
    """What is cached; else computed where the address asks for it."""
    if address.read("trust", {"yes": True, "trust": True}.__getitem__, False):
        return ask(query)
    return ask_cached(query)


def read(found: SanityChecks) -> None:
    """The numbers, and how each came about."""
    curves, cascade = found.curves, found.randomisation
    share, times = curves.share, len(curves.random_deleted)
    at_random = area(share, curves.random_deleted)
    st.markdown(f"**Deletion** {area(share, curves.deleted):.3f}, at random {at_random:.3f}")
    st.caption(
        "Area under P(class) while pixels turn to the mean colour, the map's highest first. "
        "Smaller than at random: the answer needs the pixels that the map names."
    )
    at_random = area(share, curves.random_inserted)
    st.markdown(f"**Insertion** {area(share, curves.inserted):.3f}, at random {at_random:.3f}")
    st.caption(
        "The same while they come back onto the mean colour; here larger is better. At random: "
        f"mean of {times} orders, the band their range. Grey holes are no natural image, so "
        "compare only within a panel (Petsiuk et al. 2018)."
    )
    first, last = (_correlation(cascade.correlation[stage]) for stage in (1, -1))
    st.markdown(f"**Rank correlation** {first} after {cascade.down_to[0]}, {last} at the end")
    st.caption(
        "Spearman's, of the map with that of networks whose layers, from the top down, are noise "
        "of the same mean and deviation. What stays alike shows the image rather than what was "
        "learned (Adebayo et al. 2018). Only one draw: look at the trend."
    )


def _correlation(value: Tensor) -> str:
    return "none" if value.isnan() else f"{float(value):.2f}".replace("-", "−")
