"""Diagnose: are stride and filter size right?"""

from __future__ import annotations

import streamlit as st

from app.jobs.ask import ask
from app.shell.asked import asked
from app.shell.errors import plain
from app.shell.frame import Choice, compared, go_to
from app.shell.runs import data_of, name_of
from app.views.object_scale import show_object_scale
from app.widgets.downloads import offer_pair, offer_side
from app.widgets.drawing import show_figure
from app.widgets.layout import heading
from training.errors import WorkbenchError
from viz.diagnosis import DiagnosisLook, DiagnosisQuery
from viz.diagnosis.findings import Finding, findings
from viz.diagnosis.pair import DiagnosesOfTwo
from viz.diagnosis.query import DiagnosisShown
from viz.drawing.words import percent
from viz.network.layers import source_of
from viz.store.answer import Side
from viz.store.lend import plan_of
from viz.store.view import draw, draw_both, pair


def page() -> None:
    heading(
        "Diagnose",
        "What stride and filter size do to this network, worst first. At the left, compare with a "
        "run that differs in them, and see which of the two generalises better.",
    )
    choices = compared()
    try:
        for each in choices:
            data_of(each.run)
    except WorkbenchError as error:
        st.info(f"Diagnosis needs validation images: {plain(str(error))}", icon=":material/info:")
        return
    sides = []
    for each in choices:
        query = asked(DiagnosisQuery(str(each.run.path), each.epoch), "split")
        reply = ask(query, f"Diagnosing {each.run.name}")
        if reply.answer is None:
            break  # the second begins when the first one stands
        sides.append(reply.side(DiagnosisLook()))
    if len(sides) == len(choices):
        show(choices, sides)
    show_object_scale(choices)


def show(choices: list[Choice], sides: list[Side]) -> None:
    """The verdict of two, the findings of each, the figure."""
    both = pair(*sides) if len(sides) == 2 else None
    if both is not None:
        decide(both)
    for column, each, side in zip(st.columns(len(sides)), choices, sides, strict=True):
        with column:
            say(each, side.shown)
    titles = [side.opened.title for side in sides]
    figure = draw(sides[0]) if both is None else draw_both(sides[0].query, both, titles)
    show_figure(figure, alt=f"Spectra, coverage, channels and shifts of {' and '.join(titles)}")
    st.caption(
        "Spectrum: what lies outside of the square is beyond the stride. Filters: one dot each, "
        "larger with more energy, hollow where no Gabor function explains half of it. Channels: "
        "dead is above zero in no image, near dead in less than 1 % of them, alike correlated with "
        "another by 0.95 or more."
    )
    if both is None:
        offer_side(sides[0])
    else:
        offer_pair(sides[0], sides[1], both)


def decide(both: DiagnosesOfTwo) -> None:
    """Which of the two the numbers prefer, and the numbers."""
    names, cast = (both.first.title, both.second.title), both.votes
    st.markdown(plain(both.verdict()))
    with st.expander("The numbers"):
        st.table(
            {
                "lower is better": [vote.name for vote in cast],
                **{
                    name: [percent(vote.shares[side]) for vote in cast]
                    for side, name in enumerate(names)
                },
                "better": ["" if vote.better is None else names[vote.better] for vote in cast],
            }
        )


def say(choice: Choice, shown: DiagnosisShown) -> None:
    """The error and the findings of one run."""
    name = name_of(choice.run)
    error = "" if shown.error is None else f" · validation error {percent(shown.error)}"
    st.markdown(f"**{plain(name)}**, epoch {choice.epoch}{error}")
    said = findings(shown.found)
    if not said:
        st.success("Nothing stands out.", icon=":material/check:")
    for finding in said:
        with st.container(border=True):
            st.markdown(f"**{plain(finding.layer)}** · {plain(finding.words)}")
            lead_on(choice, finding, name)


def lead_on(choice: Choice, finding: Finding, name: str) -> None:
    """To the channels that a finding is about, the first of them chosen."""
    if not finding.channels:
        return
    plan = plan_of(choice.run)
    layer = source_of(plan, finding.layer)
    is_first = layer == plan.convolutions[0]
    shown = ", ".join(map(str, finding.channels[:6])) + ("…" if len(finding.channels) > 6 else "")
    where = "filter" if is_first else "channel"
    label = f"See {where} {finding.channels[0]}"
    if st.button(
        label,
        key=f"see {name} {choice.epoch} {finding.kind} {finding.layer}",
        icon=":material/search:",
        type="tertiary",
        help=f"Concerned: {shown}",
    ):
        chosen_one = {"run": name, "epoch": choice.epoch, "channel": finding.channels[0]}
        if is_first:
            go_to("filters", **chosen_one)
        go_to("top_patches", layer=layer, **chosen_one)


page()
