"""Directions: is a random direction of a layer as readable as a channel? And a blind quiz."""

from __future__ import annotations

import random
from collections.abc import Mapping
from math import comb

import numpy as np
import streamlit as st

from app.jobs.ask import ask
from app.shell import address
from app.shell.errors import plain
from app.shell.frame import Choice, chosen, layer_picker
from app.shell.runs import data_of
from app.widgets.downloads import offer_side
from app.widgets.drawing import show_figure
from app.widgets.layout import heading, page_px, show_pixels
from training.errors import WorkbenchError
from viz.directions import KINDS, DirectionKind, DirectionsLook, DirectionsQuery, DirectionsShown
from viz.directions.figure import NAMES, draw
from viz.directions.query import rectified
from viz.drawing.sheet import factor, sheet, shrink
from viz.network.layers import key_layers
from viz.store.lend import plan_of
from viz.top_patches.gallery import small_tiles

QUIZ = "quiz"
SHOWN: dict[str, str] = {**NAMES, QUIZ: "blind quiz"}
BY_NAME: dict[str, DirectionKind] = {str(kind): kind for kind in KINDS}
ONE: dict[DirectionKind, str] = {
    "channel": "a channel",
    "concept": "a concept",
    "random": "a random direction",
}
QUESTIONS, TILE_PX, COLUMNS = 20, 160, 3
RARELY = 0.05  # how often guessing may come as far, where the visitor is said to tell them apart


def page() -> None:
    heading(
        "Directions",
        "Is a random direction of a layer as readable as a channel? Below, what excites a layer "
        "most along either, and along concepts: what its responses add up from.",
    )
    choice = chosen()
    try:
        data_of(choice.run)
    except WorkbenchError as error:
        st.info(
            f"A direction is known by the images that excite it. {plain(str(error))}",
            icon=":material/info:",
        )
        return
    plan = plan_of(choice.run)
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        with st.container(width=235):
            default = rectified(plan)
            offered = {*key_layers(plan), default}
            names = [name for name in plan.inputs if name in offered]
            layer = layer_picker(plan, names, default, also=plan.layers)
        kind = address.pick(
            st.segmented_control,
            "Along",
            list(SHOWN),
            name="kind",
            default="random",
            format_func=SHOWN.__getitem__,
            required=True,
        )
    if kind == QUIZ:
        quiz(choice, layer)
    else:
        look(choice, layer, BY_NAME[kind])


def query_of(choice: Choice, layer: str, kind: DirectionKind) -> DirectionsQuery:
    """Eight of a kind, or as many as the address says."""
    count = address.read("count", int, DirectionsQuery.count)
    seed = address.read("seed", int, DirectionsQuery.seed)
    run = str(choice.run.path)
    return DirectionsQuery(run, choice.epoch, layer=layer, kind=kind, count=count, seed=seed)


def look(choice: Choice, layer: str, kind: DirectionKind) -> None:
    """All of a kind, and how to take them away."""
    reply = ask(query_of(choice, layer, kind))
    if reply.answer is None:
        return
    side = reply.side(DirectionsLook())
    show_figure(draw(side.shown, page_px()), alt=f"What excites {layer} along {NAMES[kind]}")
    offer_side(side)
    st.caption(
        "Szegedy et al. 2014, section 3: random directions of a layer are as readable as its "
        "channels. Can you tell them apart? The blind quiz keeps score."
    )


def quiz(choice: Choice, layer: str) -> None:
    """Twenty blocks of nine patches, one by one, and whether their kind could be told."""
    found: dict[DirectionKind, DirectionsShown] = {}
    for kind in KINDS:
        reply = ask(query_of(choice, layer, kind))
        if reply.answer is not None:
            found[kind] = reply.side(DirectionsLook()).shown
    if len(found) < len(KINDS):
        return
    about = f"{choice.run.path}, {choice.epoch}, {layer}"
    state = st.session_state.setdefault(f"quiz {about}", {"seed": 0, "answers": []})
    questions = drawn(found, f"{about}, {state['seed']}")
    answers: list[DirectionKind] = state["answers"]
    right = sum(kind == said for (kind, _), said in zip(questions, answers, strict=False))
    if answers:
        kind, _ = questions[len(answers) - 1]
        verdict = "Right" if answers[-1] == kind else "No"
        st.markdown(f"**{verdict}: it was {ONE[kind]}.** {right} of {len(answers)} right.")
    if len(answers) == len(questions):
        st.markdown(verdict_of(right, len(questions)))
        if st.button("Again, with others in another order", icon=":material/replay:"):
            state.update(seed=state["seed"] + 1, answers=[])
            st.rerun()
        return
    kind, place = questions[len(answers)]
    st.markdown(f"**{len(answers) + 1} of {len(questions)}** · What excites {plain(layer)} here?")
    show_pixels(block(found[kind], place), alt="Nine patches, best first")
    with st.container(horizontal=True, gap="small"):
        for offered, words in ONE.items():
            if st.button(words, key=f"quiz {offered} {len(answers)}"):
                answers.append(offered)
                st.rerun()


def drawn(
    found: Mapping[DirectionKind, DirectionsShown], seed: str
) -> list[tuple[DirectionKind, int]]:
    """The questions in an order of their own: kind, and which of that kind."""
    every = [(kind, place) for kind in KINDS for place in range(len(found[kind].found.score))]
    random.Random(seed).shuffle(every)
    return every[:QUESTIONS]


def block(shown: DirectionsShown, place: int) -> np.ndarray:
    """The nine patches of one direction, (H, W, 4) uint8."""
    tiles = shrink(small_tiles(shown.pictures())[place, 0] / 255, TILE_PX)
    return sheet(tiles, COLUMNS, gap=4, enlarge=factor(tiles.shape[1], TILE_PX))[0]


def verdict_of(right: int, questions: int) -> str:
    """Whether so many right answers are more than guessing among three would give."""
    by_guessing = (
        sum(comb(questions, many) * 2 ** (questions - many) for many in range(right, questions + 1))
        / 3**questions
    )
    words = (
        f"**{right} of {questions} right**; guessing gets as many or more in "
        f"{100 * by_guessing:.0f} % of quizzes."
    )
    if by_guessing < RARELY:
        return f"{words} You can tell them apart: here the claim does not hold for you."
    return f"{words} You could not tell them apart, as Szegedy et al. claim."


page()
