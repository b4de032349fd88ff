"""In each layer the unit that one image excites most, and the way to it."""

from __future__ import annotations

import streamlit as st

from app.jobs.ask import ask
from app.shell import address
from app.shell.frame import Choice
from app.shell.runs import data_of
from app.widgets.downloads import offer_side
from app.widgets.drawing import show_figure
from app.widgets.images import ChosenImage
from training.errors import WorkbenchError
from viz.store.query import ImageSource, Look
from viz.store.view import draw
from viz.strongest import StrongestQuery
from viz.strongest.query import Measure

NAMES: dict[Measure, str] = {
    "activation": "activation",
    "share": "share of the channel's strongest",
}
HELP = (
    "**Activation**: the largest one of the layer. **Share**: activations of two channels do not "
    "compare, so each counts by the strongest one of its channel in any validation image. The top "
    "patches of all layers are mined for that, once."
)


def draw_strongest(choice: Choice, image: ChosenImage) -> None:
    """In each layer the unit that the image excites most, and the way to it."""
    measure = choose_measure(choice)
    reply = ask(
        StrongestQuery(str(choice.run.path), choice.epoch, ImageSource(image.source), measure)
    )
    if reply.answer is None:
        return
    side = reply.side(Look())
    units = side.shown.units
    named = ", ".join(f"{unit.layer} channel {unit.channel}" for unit in units)
    show_figure(draw(side), alt=f"The strongest unit of each layer: {named}")
    if measure == "activation":
        st.caption(
            "Activations of two channels do not compare: by share, a unit counts by the strongest "
            "response of its channel to any validation image."
        )
    with st.container(horizontal=True, gap="small"):
        for unit in units:
            if st.button(f"{unit.layer}, {unit.channel}", key=f"strongest {unit.layer}"):
                address.write(layer=unit.layer, channel=unit.channel, unit=f"{unit.row},{unit.col}")
                st.rerun()
    offer_side(side)


def choose_measure(choice: Choice) -> Measure:
    """By what a unit is the strongest; shares are offered where there are images to search."""
    try:
        data_of(choice.run)
    except WorkbenchError:
        return "activation"
    measure: Measure = address.pick(
        st.segmented_control,
        "Strongest by",
        list(NAMES),
        name="measure",
        default="activation",
        format_func=NAMES.__getitem__,
        required=True,
        help=HELP,
    )
    return measure
