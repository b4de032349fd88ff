"""Diagnose: are stride and filter size right?"""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.jobs.ask import answer
from app.shell.errors import plain
from app.shell.frame import Choice, compared, go_to
from app.shell.runs import data_of, name_of
from app.views.object_scale import show_object_scale
from app.widgets.downloads import made_by, offer
from app.widgets.drawing import show_figure
from app.widgets.layout import heading
from training.errors import WorkbenchError
from viz import results
from viz.diagnosis import Diagnosis, as_arrays
from viz.diagnosis.figure import diagnosis_figure
from viz.diagnosis.findings import Finding, findings
from viz.diagnosis.pair import verdict, votes
from viz.drawing.words import percent
from viz.network.layers import source_of
from viz.store.export import command_line


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
        st.info(f"There is nothing to diagnose it by. {plain(str(error))}", icon=":material/info:")
        return
    found = [diagnosis_of(each) for each in choices]
    if len(found) == 2:
        decide(choices, found)
    for column, each, diagnosis in zip(st.columns(len(found)), choices, found, strict=True):
        with column:
            say(each, diagnosis)
    draw(choices, found)
    show_object_scale(choices)


def diagnosis_of(choice: Choice) -> Diagnosis:
    """Kept once for each checkpoint."""
    run, epoch = choice.run, choice.epoch

    def compute(**how: Any) -> Diagnosis:
        return results.diagnosis(run, epoch, **how)

    arguments = ["diagnosis", str(run.path), "--epoch", str(epoch)]
    return answer(compute, run, arguments, label=f"Diagnosing {run.name}")


def decide(choices: list[Choice], found: list[Diagnosis]) -> None:
    """Which of the two the numbers prefer, and the numbers."""
    first, second = choices
    names = title_of(first), title_of(second)
    cast = votes(*found)
    errors = first.run.top1_error(first.epoch), second.run.top1_error(second.epoch)
    st.markdown(plain(verdict(cast, names, errors)))
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


def title_of(choice: Choice) -> str:
    return f"{name_of(choice.run)}, epoch {choice.epoch}"


def say(choice: Choice, diagnosis: Diagnosis) -> None:
    """The error and the findings of one run."""
    name = name_of(choice.run)
    st.markdown(f"**{plain(name)}**, epoch {choice.epoch}{error_of(choice)}")
    said = findings(diagnosis)
    if not said:
        st.success("Nothing stands out.", icon=":material/check:")
    for finding in said:
        with st.container(border=True):
            st.markdown(f"**{plain(finding.layer)}** · {plain(finding.words)}")
            lead_on(choice, finding, name)


def error_of(choice: Choice) -> str:
    error = choice.run.top1_error(choice.epoch)
    return "" if error is None else f" · validation error {percent(error)}"


def lead_on(choice: Choice, finding: Finding, name: str) -> None:
    """To the channels that a finding is about, the first of them chosen."""
    if not finding.channels:
        return
    plan = results.blueprint(choice.run)
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


def draw(choices: list[Choice], found: list[Diagnosis]) -> None:
    names = [title_of(each) for each in choices]

    def figure() -> Any:
        return diagnosis_figure(found, names)

    show_figure(figure(), alt=f"Spectra, coverage, channels and shifts of {' and '.join(names)}")
    st.caption(
        "Spectrum: what lies outside of the square is beyond the stride. Filters: one dot each, "
        "larger with more energy, hollow where no Gabor function explains half of it. Channels: "
        "dead is above zero in no image, near dead in less than 1 % of them, alike correlated with "
        "another by 0.95 or more."
    )
    choice = choices[0]
    run, epoch = choice.run, choice.epoch
    others = [f"{each.run.name}, epoch {each.epoch}" for each in choices[1:]]
    other = choices[1] if len(choices) > 1 else None
    beside = {"beside": other.run.path, "beside_epoch": other.epoch} if other else {}
    offer(
        figure,
        lambda: as_arrays(found[0]),
        name=f"{run.name}-diagnosis-epoch-{epoch}",
        made=made_by(choice, "diagnosis", split="val", beside=others),
        shell=command_line("diagnosis", run.path, epoch=epoch, **beside, out="diagnosis.png"),
        python=PYTHON.format(path=run.path, epoch=epoch),
    )


PYTHON = """\
from training.runs import Run
from viz import results
from viz.diagnosis.findings import findings

diagnosis = results.diagnosis(Run.open("{path}"), {epoch})
findings(diagnosis)"""


page()
