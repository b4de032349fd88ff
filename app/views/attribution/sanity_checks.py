"""Whether to believe a heat map: two tests of it, drawn where they are kept or asked for."""

from __future__ import annotations

import shlex
from typing import Any

import streamlit as st
from torch import Tensor

from app.jobs.ask import answer
from app.shell import address
from app.shell.frame import Choice
from app.views.attribution.heat_maps import arguments
from app.widgets.downloads import made_by, offer
from app.widgets.drawing import show_figure
from app.widgets.images import ChosenImage
from app.widgets.layout import panes
from viz import results
from viz.attribution import METHODS, MethodName
from viz.drawing import style
from viz.sanity_checks.compute import Trust
from viz.sanity_checks.figure import trust_figure
from viz.sanity_checks.removal import area


def show_trust(choice: Choice, image: ChosenImage, label: int, method: MethodName) -> None:
    """The two tests of one map: drawn where they are kept or asked for."""
    shown = METHODS[method]
    st.subheader(f"Can the map by {shown.name} be trusted?", anchor=False)
    trust = trust_of(choice, image, label, method)
    if trust is None:
        st.caption(
            "Takes its pixels away and brings them, beside random orders; then takes the learnt "
            "weights away, layer by layer. Takes some seconds, once."
        )
        if st.button("Put it to the test", icon=":material/fact_check:", type="primary"):
            address.write(trust="yes")
            st.rerun()
        return
    picture, words = panes()
    name = choice.run.classes[label]
    with picture:
        show_figure(
            trust_figure(trust, method=method, class_name=style.plain(name)),
            alt=f"Deletion and insertion curves, and the map by {shown.name} with random weights",
        )
        offer_trust(choice, image, label, method, trust)
    with words:
        read_trust(trust)


def trust_of(choice: Choice, image: ChosenImage, label: int, method: MethodName) -> Trust | None:
    """What is kept; else worked out where the address asks for it."""

    def compute(**how: Any) -> Trust:
        return results.trust(
            choice.run, choice.epoch, image.picture, label=label, method=method, **how
        )

    if address.read("trust", {"yes": True}.__getitem__, False):
        words = [*arguments(choice, image, label, method), "--of", "trust"]
        return answer(compute, choice.run, words, label="Putting the map to the test")
    try:
        return compute(only_kept=True)
    except results.NotKept:
        return None


def read_trust(trust: Trust) -> None:
    """The numbers, and how each came about."""
    removal, cascade = trust.removal, trust.randomisation
    share, times = removal.share, len(removal.random_deleted)
    at_random = area(share, removal.random_deleted)
    st.markdown(f"**Deletion** {area(share, removal.deleted):.3f}, at random {at_random:.3f}")
    st.caption(
        "Area under P(class) while pixels turn to the mean colour, the map's highest first. "
        "Smaller than at random: the answer needs the pixels that the map names."
    )
    at_random = area(share, removal.random_inserted)
    st.markdown(f"**Insertion** {area(share, removal.inserted):.3f}, at random {at_random:.3f}")
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
        "learnt (Adebayo et al. 2018). Only one draw: look at the trend."
    )


def _correlation(value: Tensor) -> str:
    return "none" if value.isnan() else f"{float(value):.2f}".replace("-", "−")


def offer_trust(
    choice: Choice, image: ChosenImage, label: int, method: MethodName, trust: Trust
) -> None:
    run, epoch = choice.run, choice.epoch
    name = run.classes[label]
    words = shlex.join(arguments(choice, image, label, method))
    offer(
        lambda: trust_figure(trust, method=method, class_name=style.plain(name)),
        trust.arrays,
        name=f"{run.name}-trust-{method}-epoch-{epoch}",
        made=made_by(
            choice, "attribution", of="trust", image=image.seen(run), label=name, method=method
        ),
        shell=f"python -m viz {words} --of trust --out trust.png",
        python=image.python(run.path)
        + "\nfrom viz import results\n\n"
        + f'results.trust(run, {epoch}, image, label={label}, method="{method}")',
    )
