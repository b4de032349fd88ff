"""Diagnose: are stride and filter size right?"""

from __future__ import annotations

import streamlit as st

from app.jobs.ask import ask
from app.shell import address, runs
from app.shell.asked import asked
from app.shell.errors import plain
from app.shell.frame import Choice, compared
from app.shell.runs import data_of, name_of
from app.views.findings import show_finding
from app.views.object_scale import show_object_scale
from app.widgets.downloads import offer_pair, offer_side
from app.widgets.drawing import show_figure
from app.widgets.layout import heading, page_px
from training.differences import between, in_words
from training.errors import WorkbenchError
from viz.diagnosis import DiagnosisLook, DiagnosisQuery
from viz.diagnosis.findings import findings
from viz.diagnosis.pair import DiagnosesOfTwo
from viz.diagnosis.query import DiagnosisShown
from viz.drawing.words import percent
from viz.store.answer import Side
from viz.store.view import draw, draw_both, pair


def page() -> None:
    heading(
        "Diagnose",
        "What stride and filter size do to this network, worst first. Compare with a run that "
        "differs in them, and see which of the two generalises better.",
    )
    choices = compared()
    try:
        for each in choices:
            data_of(each.run)
    except WorkbenchError as error:
        st.info(f"Diagnosis needs validation images: {plain(str(error))}", icon=":material/info:")
        return
    if len(choices) == 2:
        differ(*choices)
    sides = []
    for each in choices:
        query = asked(DiagnosisQuery(str(each.run.path), each.epoch), "split")
        reply = ask(query, f"Diagnosing {each.run.name}")
        if reply.answer is None:
            break  # the second begins when the first one stands
        sides.append(reply.side(DiagnosisLook(max(page_px(), 480))))
    if len(sides) == len(choices):
        show(choices, sides)
    show_object_scale(choices)


def differ(first: Choice, second: Choice) -> None:
    """In what the two differ; and where one learned longer, that, and how to make it equal."""
    if words := in_words(between(first.run, second.run)):
        st.caption(f"B differs from A in {plain(words)}.")
    if first.epoch == second.epoch:
        return
    common = sorted(set(first.run.epochs) & set(second.run.epochs))
    said, button = st.columns([5, 2], vertical_alignment="center")
    said.warning(
        f"A is at epoch {first.epoch}, B at epoch {second.epoch}: what differs may be owed "
        "to that alone.",
        icon=":material/warning:",
    )
    fair = [epoch for epoch in common if epoch <= min(first.epoch, second.epoch)]
    if fair and button.button(
        f"Compare both at epoch {fair[-1]}", icon=":material/balance:", width="stretch"
    ):
        address.write(epoch=fair[-1], beside_epoch=fair[-1])
        st.rerun()


def show(choices: list[Choice], sides: list[Side]) -> None:
    """The verdict of two or the worst finding of one, the figure, and all findings."""
    both = pair(*sides) if len(sides) == 2 else None
    there = runs.there_are()[0]
    found = [findings(side.shown.found) for side in sides]
    if both is not None:
        st.markdown(f"#### {plain(both.verdict())}")
    else:
        headline(choices[0], sides[0].shown)
        for worst in found[0][:1]:
            show_finding(choices[0], worst, there)
    titles = [side.opened.title for side in sides]
    figure = draw(sides[0]) if both is None else draw_both(sides[0].query, both, titles)
    show_figure(figure, alt=f"Spectra, coverage, channels and shifts of {' and '.join(titles)}")
    with st.expander("How to read this"):
        st.markdown(READING)
    if both is None:
        offer_side(sides[0])
    else:
        offer_pair(sides[0], sides[1], both)
        numbers(both)
    rest = found if both is not None else [found[0][1:]]
    if any(rest):
        st.subheader("Findings" if both is not None else "Further findings", anchor=False)
    for column, each, side, said in zip(st.columns(len(sides)), choices, sides, rest, strict=True):
        with column:
            if both is not None:
                headline(each, side.shown)
            for finding in said:
                show_finding(each, finding, there)


READING = """
- **Spectrum** of the first layer's filters: a stride of *s* px carries gratings of up to 1 / (2*s*)
  cycles a pixel, its Nyquist limit. What the filters pass outside of that square comes back as a
  coarser grating that is not in the image: aliasing.
- **Filters**: one dot each, larger with more energy, hollow where no Gabor function explains half
  of it. Dotted lines part coarse (periods above 10 px), middling and fine (below 4 px).
- **Channels**: dead is above zero in no image, near dead in less than 1 % of them, alike correlated
  with another by 0.95 or more.
- **Shifts**: how many of the top-1 predictions stay when the image moves by so many pixels.
"""


def numbers(both: DiagnosesOfTwo) -> None:
    """What has a vote, of both."""
    names, cast = (both.first.title, both.second.title), both.votes
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


def headline(choice: Choice, shown: DiagnosisShown) -> None:
    """Run, epoch and error, and whether anything stands out."""
    error = "" if shown.error is None else f" · top-1 error {percent(shown.error)}"
    st.markdown(f"**{plain(name_of(choice.run))}**, epoch {choice.epoch}{error}")
    if not findings(shown.found):
        st.success("Nothing stands out.", icon=":material/check:")


page()
