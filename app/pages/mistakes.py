"""Mistakes: where is it wrong, and which classes does it confuse?"""

from __future__ import annotations

from typing import Literal

import streamlit as st

from app.jobs.ask import ask
from app.shell import address
from app.shell.asked import asked
from app.shell.errors import plain
from app.shell.frame import Choice, compared
from app.shell.runs import data_of
from app.views.mistakes import (
    CLUSTERED,
    compare,
    confusion,
    draw,
    inspect,
    numbers,
    on_a_page,
    turn,
)
from app.widgets.downloads import offer_side
from app.widgets.images import chosen_in_address
from app.widgets.layout import heading, page_px, picture_and_inspector, picture_px
from training.data import Data
from training.ensemble import border_of, check_classes
from training.errors import WorkbenchError
from training.runs import Run
from viz.mistakes import MistakesLook, MistakesQuery, Order
from viz.store.answer import Side

MATRIX = "matrix"
PICTURES: dict[str, str] = {"images": "Images", MATRIX: "Confusion matrix"}
ORDERS: dict[Order, str] = {
    "surest": "Most confident first",
    "worst": "Lowest probability of the true class first",
}


def page() -> None:
    heading(
        "Mistakes",
        "Misclassified validation images, each over its class and the top prediction, and how "
        "often each class is taken for which.",
    )
    choices = compared()
    choice = choices[0]
    try:
        data = data_of(choice.run)
    except WorkbenchError as error:
        st.info(f"No validation images. {plain(str(error))}", icon=":material/info:")
        return
    try:
        check_classes(choice.run, data)
    except WorkbenchError as error:
        st.info(plain(str(error)), icon=":material/info:")
        return
    with st.container(horizontal=True, gap="medium"):
        picture, order, views = controls(choice.run)
    query = query_of(choice, views)
    reply = ask(query)
    if reply.answer is None:
        return
    numbers(reply.answer, data.classes, f"A, {choice.title}: " if len(choices) > 1 else "")
    for other in choices[1:]:
        compare(choice, reply.answer, other, query_of(other, views))
    for note in (data.told, choice.run.outputs.note_on_errors):
        if note:
            st.caption(plain(note))
    if not len(reply.answer.surest):
        st.success("Every validation image is classified correctly.", icon=":material/check:")
    elif picture == MATRIX:
        confusion(query, order, page_px())
    else:
        look = looked(choice.run, order, on_a_page(data, picture_px()))
        images(choice, data, reply.side(look))


def controls(run: Run) -> tuple[str, str, Literal[1, 10]]:
    """Which picture, in which order, and from how many views; ten need larger images."""
    picture: str = address.pick(
        st.segmented_control,
        "Picture",
        list(PICTURES),
        name="picture",
        default="images",
        format_func=PICTURES.__getitem__,
        required=True,
    )
    name, orders = ("classes", CLUSTERED) if picture == MATRIX else ("order", ORDERS)
    order: str = address.pick(
        st.segmented_control,
        "Classes" if picture == MATRIX else "Order",
        list(orders),
        name=name,
        default=next(iter(orders)),
        format_func=dict(orders).__getitem__,
        required=True,
    )
    views: Literal[1, 10] = 1
    if run.preprocess.resize > run.preprocess.size or border_of(run):
        views = address.pick(
            st.segmented_control,
            "Views of each image",
            [1, 10],
            name="views",
            default=1,
            required=True,
            help="Ten: corners, centre and their mirror images, their probabilities averaged.",
        )
    return picture, order, views


def query_of(choice: Choice, views: Literal[1, 10]) -> MistakesQuery:
    """Of all validation images."""
    return MistakesQuery(str(choice.run.path), choice.epoch, views=views)


def looked(run: Run, order: str, many: int) -> MistakesLook:
    """Which page of which mistakes, as the address says."""
    look = asked(MistakesLook("worst" if order == "worst" else "surest", many), "k", "first")
    classes = {str(index): str(index) for index in range(len(run.classes))}
    classes |= {name: str(index) for index, name in enumerate(run.classes)}
    true, taken = (
        address.read(name, classes.__getitem__, None, carried=False) for name in ("true", "taken")
    )
    return MistakesLook(look.order, look.k, look.first, true, taken)


def images(choice: Choice, data: Data, side: Side) -> None:
    """A page of mistakes, and one of them large."""
    mistakes = side.shown.found
    if not len(mistakes):
        st.info("There are no such mistakes.", icon=":material/info:")
        if st.button("All mistakes"):
            address.write(true=None, taken=None, first=None)
            st.rerun()
        return
    index, there = chosen_in_address(), mistakes.index.tolist()
    place = there.index(index) if index in there else 0
    turn(side.shown)
    picture, inspector = picture_and_inspector()
    with picture:
        draw(data, side.shown, place, picture_px())
        offer_side(side)
    with inspector:
        inspect(choice, data, mistakes[place : place + 1])


page()
