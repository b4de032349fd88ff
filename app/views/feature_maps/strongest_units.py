"""In each layer the unit that one image excites most, and the way to it."""

from __future__ import annotations

import streamlit as st

from app.shell import address
from app.shell.frame import Choice
from app.widgets.downloads import made_by, offer
from app.widgets.drawing import show_figure
from app.widgets.images import ChosenImage
from viz import results
from viz.strongest import as_arrays
from viz.strongest.figure import strongest_figure


def draw_strongest(choice: Choice, image: ChosenImage) -> None:
    """In each layer the unit that the image excites most, and the way to it."""
    run, epoch = choice.run, choice.epoch
    units = results.strongest(run, epoch, image.picture)
    named = ", ".join(f"{unit.layer} channel {unit.channel}" for unit in units)
    show_figure(strongest_figure(units), alt=f"The strongest unit of each layer: {named}")
    if any(unit.share is None for unit in units):
        st.caption(
            "Activations of two channels do not compare. Once the layers' top patches are mined, "
            "a unit counts by its share of the strongest response of its channel."
        )
    with st.container(horizontal=True, gap="small"):
        for unit in units:
            if st.button(f"{unit.layer}, {unit.channel}", key=f"strongest {unit.layer}"):
                address.write(layer=unit.layer, channel=unit.channel, unit=f"{unit.row},{unit.col}")
                st.rerun()
    offer(
        lambda: strongest_figure(units),
        lambda: as_arrays(units),
        name=f"{run.name}-strongest-epoch-{epoch}",
        made=made_by(choice, "strongest", image=image.seen(run)),
        shell=f"python -m viz strongest {run.path} --image {image.source} --epoch {epoch} "
        "--out strongest.png",
        python=image.python(run.path)
        + "\nfrom viz import results\n\n"
        + f"units = results.strongest(run, {epoch}, image)",
    )
