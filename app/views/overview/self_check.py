"""How a network came here, and whether its projections can be trusted: the end of the Overview."""

from __future__ import annotations

from functools import partial

import streamlit as st

from app.jobs.ask import answer
from app.shell.errors import plain
from app.shell.frame import Choice
from training.runs import Run
from viz.results import NotKept, self_check
from viz.self_check import SelfCheck


def show_opening(choice: Choice) -> None:
    """What was mended in an adopted network, and the self-check of its projections."""
    adopted = choice.run.config.get("adopted")
    with st.expander("How the network was opened, and a self-check" if adopted else "Self-check"):
        if adopted:
            _mendings(adopted)
        _self_check(choice, at_once=bool(adopted))


def _mendings(adopted: dict[str, object]) -> None:
    name, sentences = plain(str(adopted.get("name", "It"))), adopted.get("mended")
    st.markdown(
        f"**{name}** was taken apart into named layers, and gave the same logits afterwards. The "
        "run keeps its layers as data, not its code."
    )
    if isinstance(sentences, list) and sentences:
        st.markdown("\n".join(f"- {plain(str(sentence))}" for sentence in sentences))


def _self_check(choice: Choice, *, at_once: bool) -> None:
    """One line where it is known or asked for; otherwise a button that asks."""
    found = _kept(choice.run, choice.epoch)
    if found is None:
        asked = at_once or st.button(
            "Check the projections",
            icon=":material/rule:",
            help="Compares projections of an image with unpooling, rectifying and transposed "
            "filtering written out step by step",
        )
        if not asked:
            return
        found = answer(
            partial(self_check, choice.run, choice.epoch),
            choice.run,
            ["self-check", str(choice.run.path), "--epoch", str(choice.epoch)],
            label="Comparing projections",
        )
    if found.passed:
        st.caption(f":material/check: Self-check: {plain(found.words)}")
    else:
        st.warning(f"Self-check: {plain(found.words)}", icon=":material/rule:")


def _kept(run: Run, epoch: int) -> SelfCheck | None:
    try:
        return self_check(run, epoch, only_kept=True)
    except NotKept:
        return None
