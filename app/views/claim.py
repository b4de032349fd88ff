"""A paper's claim on the page Compare: the answer in a line, the bars, the prose folded."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from app.shell.errors import plain
from app.widgets.drawing import show_figure
from app.widgets.layout import page_px
from training.comparison import Comparison
from training.comparison_table import heading as counted
from training.measures import MEASURES
from training.recipe import Recipe
from viz.comparison.claim_figure import claim_figure
from viz.comparison.paper import PaperNumbers, paper_numbers

INSIDE_PX = 34  # of a frame around a figure


def show_papers_claim(recipe: Recipe) -> None:
    """Before it is tried: what the paper found."""
    numbers = paper_numbers(recipe.paper)
    names = list(recipe.variants)
    if numbers is None:
        st.markdown(f"**{plain(recipe.title)}**")
    else:
        st.markdown(f"**{plain(recipe.title)}.** {plain(_best(numbers))}")
        width = page_px() - INSIDE_PX
        figure = claim_figure(names, numbers, width_px=width)
        show_figure(figure, alt=f"What the paper found: {_listed(numbers)}")
    with st.expander("The claim in the paper's words"):
        st.markdown(f"> {plain(recipe.claim)}")


def show_claim(comparison: Comparison, table: pd.DataFrame) -> None:
    """After it was tried, or while it is: the answer, and ours beside the paper's numbers."""
    measure = comparison.measures[0]
    found = {name: comparison.summary(name, measure, table) for name in comparison.variants}
    ours = {name: (each.mean, each.deviation) for name, each in found.items() if each.count}
    numbers = paper_numbers(comparison.paper)
    words = counted(comparison, measure)
    st.markdown(f"#### {plain(_answer(ours, numbers, measure, words))}")
    if ours or numbers is not None:
        figure = claim_figure(
            comparison.variants,
            numbers,
            ours,
            words=words,
            are_shares=MEASURES[measure].is_share,
            width_px=page_px(),
        )
        said = "; ".join(f"{name} {each.say(measure)}" for name, each in found.items())
        paper = f"In the paper: {_listed(numbers)}. " if numbers else ""
        show_figure(figure, alt=f"{paper}Here, {words}: {said}")
    with st.expander("The claim in the paper's words"):
        st.markdown(f"> {plain(comparison.config['claim'])}")


def _answer(
    ours: dict[str, tuple[float, float]], paper: PaperNumbers | None, measure: str, words: str
) -> str:
    """Which variant is best here, by how much, and whether it is the paper's."""
    if len(ours) < 2:
        return f"No answer yet. {_best(paper)}" if paper else "No answer yet."
    ranked = sorted(ours, key=lambda name: ours[name][0])
    best, second = ranked[0], ranked[1]
    say = MEASURES[measure].say
    line = f"Here {best} is best: {say(ours[best][0])} against {say(ours[second][0])} of {second}"
    line += f" ({words})."
    spread = max((off for _, off in ours.values() if not math.isnan(off)), default=0.0)
    if ours[second][0] - ours[best][0] < spread:
        line += " That is less than what seeds differ by."
    shared = [name for name in ranked if paper and name in paper.values]
    if paper is None or len(shared) < 2:
        return line
    wanted = sorted(shared, key=lambda name: paper.values[name])
    holds = "The paper's order holds" if shared == wanted else "The paper has another order"
    return f"{line} {holds}: {', '.join(wanted)}."


def _best(paper: PaperNumbers) -> str:
    """What the paper found, in a line."""
    ranked = sorted(paper.values, key=lambda name: paper.values[name])
    first = f"In the paper {ranked[0]} has {paper.say(paper.values[ranked[0]])}"
    if len(ranked) == 1:
        return f"{first}."
    return f"{first}, {ranked[-1]} {paper.say(paper.values[ranked[-1]])}."


def _listed(paper: PaperNumbers) -> str:
    return ", ".join(f"{name} {paper.say(value)}" for name, value in paper.values.items())
