"""How a network came here, and whether its projections can be trusted: the end of the Overview."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.jobs.ask import ask
from app.shell.errors import plain
from app.shell.frame import Choice
from app.shell.lender import LENDER
from viz.self_check import SelfCheck, SelfCheckQuery
from viz.store.answer import CacheMiss, answer


def show_opening(choice: Choice) -> None:
    """What was rewritten in an adopted network, and the self-check of its projections."""
    adopted = choice.run.config.get("adopted")
    with st.expander("How the network was opened, and a self-check" if adopted else "Self-check"):
        if adopted:
            _rewrites(adopted, choice.run.info.told)
        _self_check(choice, at_once=bool(adopted))


def _rewrites(adopted: dict[str, object], told: Sequence[str]) -> None:
    name, mended = plain(str(adopted.get("name", "It"))), adopted.get("mended")
    sentences = [*told, *(mended if isinstance(mended, list) else ())]
    st.markdown(
        f"**{name}** was taken apart into named layers, and gave the same logits afterwards. The "
        "run keeps its layers as data, not its code."
    )
    if sentences:
        st.markdown("\n".join(f"- {plain(str(sentence))}" for sentence in sentences))


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
