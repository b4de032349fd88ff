"""Diagnose: are stride and filter size right?"""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.jobs.ask import ask
from app.shell.errors import plain
from app.shell.frame import Choice, compared, go_to
from app.shell.runs import data_of, name_of
from app.widgets.downloads import made_by, offer, offer_pair, offer_side
from app.widgets.drawing import show_figure
from app.widgets.layout import heading
from training.errors import WorkbenchError
from viz import results
from viz.diagnosis import DiagnosisLook, DiagnosisQuery
from viz.diagnosis.findings import Finding, findings
from viz.diagnosis.pair import DiagnosesOfTwo
from viz.diagnosis.query import DiagnosisShown
from viz.drawing.words import percent
from viz.network.layers import source_of
from viz.network.objects import known
from viz.object_scale import as_arrays as scale_arrays
from viz.object_scale import object_scale, words
from viz.object_scale.figure import object_scale_figure
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
        query = DiagnosisQuery(str(each.run.path), each.epoch)
        reply = ask(query, f"Diagnosing {each.run.name}")
        if reply.answer is None:
            break  # the second begins when the first one stands
        sides.append(reply.side(DiagnosisLook()))
    if len(sides) == len(choices):
        show(choices, sides)
    sizes(choices)


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


def sizes(choices: list[Choice]) -> None:
    """How large the objects are beside what each layer sees, where their places are known."""
    choices = list({name_of(each.run): each for each in choices}.values())  # epochs are alike
    if not all(len(known(data_of(each.run).val)) for each in choices):
        return
    st.subheader("Objects beside receptive fields", anchor=False)
    names = [name_of(each.run) for each in choices]
    scales = [
        object_scale(results.blueprint(each.run), data_of(each.run).val, each.run.preprocess)
        for each in choices
    ]
    for name, scale in zip(names, scales, strict=True):
        st.markdown(f"**{plain(name)}** · {plain(words(scale))}")

    def figure() -> Any:
        return object_scale_figure(scales, names)

    show_figure(figure(), alt=f"Sizes of objects and receptive fields of {' and '.join(names)}")
    st.caption(
        "An object's width is the square root of its area. The band holds the middle half of the "
        "validation set's objects: a layer left of it sees parts, one right of it whole objects."
    )
    choice = choices[0]
    run, epoch = choice.run, choice.epoch
    other = f" --beside {choices[1].run.path}" if len(choices) > 1 else ""
    offer(
        figure,
        lambda: scale_arrays(scales[0]),
        name=f"{run.name}-object-scale",
        made=made_by(choice, "object-scale", split="val", beside=names[1:]),
        shell=f"python -m viz object-scale {run.path} --epoch {epoch}{other} "
        "--out object-scale.png",
        python=SCALE_PYTHON.format(path=run.path),
    )


SCALE_PYTHON = """\
from training.runs import Run
from viz import results
from viz.object_scale import object_scale, words

run = Run.open("{path}")
words(object_scale(results.blueprint(run), run.data().val, run.preprocess))"""


page()
