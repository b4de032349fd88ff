"""A finding of Diagnose: its sentence, the channels concerned, and the variant that tries it."""

from __future__ import annotations

import streamlit as st

from app.shell.errors import plain
from app.shell.frame import Choice, go_to
from app.shell.runs import name_of
from app.views.train_form import Form
from app.views.train_like import go_to_train, like
from training.differences import between, in_words, variants_of
from training.errors import WorkbenchError
from training.runs import Run
from viz.diagnosis.findings import Finding
from viz.network.layers import source_of
from viz.store.lend import plan_of


def show_finding(choice: Choice, finding: Finding, there: list[Run]) -> None:
    """Draw it with where it leads.

    Args:
        choice: Of whom it is said.
        finding: What is said.
        there: All runs: the variant may have been trained already.
    """
    key = f"{name_of(choice.run)} {choice.epoch} {finding.kind} {finding.layer}"
    with st.container(border=True):
        st.markdown(f"**{plain(finding.layer)}** · {plain(finding.words)}")
        with st.container(horizontal=True, vertical_alignment="center"):
            _variant(choice, finding, there, key)
            _channels(choice, finding, key)


def _variant(choice: Choice, finding: Finding, there: list[Run], key: str) -> None:
    """Train what would mend it; or, where that was done, compare."""
    form = _form_of(choice.run, finding)
    if form is None:
        return
    changes = form.changes()
    known = [
        other
        for other in variants_of(choice.run, there)
        if other.epochs and between(choice.run, other) == changes
    ]
    if known:
        name = name_of(known[0])
        if st.button(f"Compare with {name}", key=f"compare {key}", icon=":material/balance:"):
            epoch = min(choice.epoch, known[0].epochs[-1])
            beside = {"beside": name, "beside_epoch": epoch}
            go_to("diagnosis", run=name_of(choice.run), epoch=epoch, **beside)
    elif st.button("Train this variant", key=f"train {key}", icon=":material/model_training:"):
        go_to_train(choice.run, finding.change or {})
    st.caption(plain(in_words(changes)))


def _form_of(run: Run, finding: Finding) -> Form | None:
    """The run's settings with the finding's change; None where they cannot be changed so."""
    if finding.change is None:
        return None
    try:
        form = like(run, finding.change)
    except WorkbenchError:  # imported, or a network whose layers are fixed
        return None
    is_possible = form.problem() is None and form.changes()
    return form if is_possible else None


def _channels(choice: Choice, finding: Finding, key: str) -> None:
    """To the channels that it is about, the first of them chosen."""
    if not finding.channels:
        return
    plan = plan_of(choice.run)
    layer = source_of(plan, finding.layer)
    is_first = layer == plan.convolutions[0]
    shown = ", ".join(map(str, finding.channels[:6])) + ("…" if len(finding.channels) > 6 else "")
    if st.button(
        f"See {'filter' if is_first else 'channel'} {finding.channels[0]}",
        key=f"see {key}",
        icon=":material/search:",
        type="tertiary",
        help=f"Concerned: {shown}",
    ):
        name = name_of(choice.run)
        chosen_one = {"run": name, "epoch": choice.epoch, "channel": finding.channels[0]}
        if is_first:
            go_to("filters", **chosen_one)
        go_to("top_patches", layer=layer, **chosen_one)
