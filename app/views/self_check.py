"""How a network came here, and whether its projections can be trusted: the end of the Overview."""

from __future__ import annotations

import streamlit as st

from app.jobs.ask import ask, ask_on_click
from app.shell.errors import plain
from app.shell.frame import Choice
from app.shell.lender import LENDER
from app.widgets.downloads import offer_side
from app.widgets.drawing import show_figure
from viz.preprocessing_check import PreprocessingLook, PreprocessingQuery
from viz.preprocessing_check.figure import draw
from viz.self_check import SelfCheck, SelfCheckQuery
from viz.store.answer import CacheMiss, answer


def show_opening(choice: Choice) -> None:
    """What was taken from a file, what was rewritten in an adopted network, and the self-check."""
    adopted, told = choice.run.info.adopted, choice.run.info.told
    opened = adopted or told
    with st.expander("How the network was opened, and a self-check" if opened else "Self-check"):
        if adopted:
            st.markdown(
                f"**{plain(adopted.name)}** was taken apart into named layers, and gave the same "
                "logits afterwards. The run keeps its layers as data, not its code."
            )
        sentences = (*told, *(adopted.rewrites if adopted else ()))
        if sentences:
            st.markdown("\n".join(f"- {plain(sentence)}" for sentence in sentences))
        _self_check(choice, at_once=bool(adopted))
        if opened and choice.run.info.data and choice.run.plan.image_channels == 3:
            _preprocessing_check(choice)


def _preprocessing_check(choice: Choice) -> None:
    """What other preprocessings would give, where it is known or asked for."""
    query = PreprocessingQuery(str(choice.run.path), choice.epoch)
    reply = ask_on_click(
        query,
        "Check the preprocessing",
        icon=":material/tune:",
        help="Tries other means, deviations, ranges and orders of the channels on validation "
        "images: a wrong one costs many right answers, and no error tells",
    )
    if reply is None or reply.answer is None:
        return
    side = reply.side(PreprocessingLook())
    shown = side.shown
    say = st.caption if shown.best == 0 else st.warning
    say(f":material/tune: Preprocessing: {plain(shown.verdict)}")
    show_figure(draw(shown), alt="Right answers by preprocessing")
    offer_side(side)


def _self_check(choice: Choice, *, at_once: bool) -> None:
    """One line where it is known or asked for; otherwise a button that asks."""
    query = SelfCheckQuery(str(choice.run.path), choice.epoch)
    found = _cached(query)
    if found is None:
        asked = at_once or st.button(
            "Check the projections",
            icon=":material/rule:",
            help="Compares projections of an image with unpooling, rectifying and transposed "
            "filtering written out step by step",
        )
        found = ask(query).answer if asked else None
    if found is None:
        return
    if found.passed:
        st.caption(f":material/check: Self-check: {plain(found.words)}")
    else:
        st.warning(f"Self-check: {plain(found.words)}", icon=":material/rule:")


def _cached(query: SelfCheckQuery) -> SelfCheck | None:
    try:
        return answer(query, LENDER, cached_only=True)
    except CacheMiss:
        return None
