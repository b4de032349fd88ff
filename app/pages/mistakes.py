"""Mistakes: where is it wrong, and which classes does it confuse?"""

from __future__ import annotations

from typing import Literal

import pandas as pd
import streamlit as st
import torch

from app.jobs.ask import ask
from app.shell import address
from app.shell.asked import asked
from app.shell.errors import plain
from app.shell.frame import Choice, compared, go_to
from app.shell.runs import data_of
from app.widgets.bars import class_bars
from app.widgets.class_choice import caption_outputs
from app.widgets.downloads import offer_side
from app.widgets.drawing import pointed_at, show_figure
from app.widgets.images import choose as choose_image
from app.widgets.images import chosen_in_address, same_data, validation_name
from app.widgets.layout import heading, picture_and_inspector, show_pixels
from training.data import Data
from training.ensemble import border_of, check_classes
from training.errors import WorkbenchError
from training.runs import Run
from viz.confusion import ConfusionLook, ConfusionQuery
from viz.drawing.outline import image_pixels
from viz.drawing.words import percent
from viz.mistakes import (
    Evaluation,
    Mistakes,
    MistakesLook,
    MistakesQuery,
    Order,
    class_errors,
)
from viz.mistakes.figure import mistakes_pointing
from viz.store import view

SHOWN, IMAGE_PX = 20, 256
DIFFERING = 5  # classes that are named
ORDERS: dict[Order, str] = {
    "surest": "Most confident mistakes",
    "worst": "Lowest probability of the true class",
}


def page() -> None:
    heading(
        "Mistakes",
        "Misclassified validation images: under each its class and the top prediction. Click one "
        "for its top-5 predictions.",
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
    if data.told:
        st.caption(plain(data.told))
    order, views = controls(choice.run)
    query = query_of(choice, views)
    reply = ask(query)
    if reply.answer is None:
        return
    numbers(reply.answer, f"A, {choice.title}: " if len(choices) > 1 else "")
    if choice.run.outputs.note_on_errors:
        st.caption(choice.run.outputs.note_on_errors)
    for other in choices[1:]:
        compare(choice, reply.answer, other, views)
    side = reply.side(asked(MistakesLook(order, SHOWN), "k"))
    mistakes = side.shown.found
    if not len(mistakes):
        st.success("Every validation image is classified correctly.", icon=":material/check:")
        return
    picture, inspector = picture_and_inspector()
    index = chosen_in_address()
    place = mistakes.index.tolist().index(index) if index in mistakes.index.tolist() else 0
    with picture:
        draw(data, mistakes, place, order)
        offer_side(side)
    with inspector:
        inspect(choice, data, mistakes[place : place + 1])
    confusion(query)


def controls(run: Run) -> tuple[Order, Literal[1, 10]]:
    """Which mistakes, and from how many views; ten need images stored larger than the input."""
    with st.container(horizontal=True, gap="large"):
        order: Order = address.pick(
            st.segmented_control,
            "Order",
            list(ORDERS),
            name="order",
            default="surest",
            format_func=ORDERS.__getitem__,
            required=True,
        )
        views: Literal[1, 10] = 1
        preprocess = run.preprocess
        if preprocess.resize > preprocess.size or border_of(run):
            views = address.pick(
                st.segmented_control,
                "Views of each image",
                [1, 10],
                name="views",
                default=1,
                required=True,
                help="Ten: corners, centre and their mirror images, their probabilities averaged.",
            )
    return order, views


def query_of(choice: Choice, views: Literal[1, 10]) -> MistakesQuery:
    """Of all validation images."""
    return MistakesQuery(str(choice.run.path), choice.epoch, views=views)


def numbers(found: Evaluation, whose: str = "") -> None:
    wrong = found.images - int(found.confusion.trace())
    st.markdown(
        f"{whose}**{wrong:,} of {found.images:,}** images are wrong: "
        f"{percent(1 - found.top1)} top-1 and {percent(1 - found.top5)} top-5 error"
    )


def compare(choice: Choice, found: Evaluation, other: Choice, views: Literal[1, 10]) -> None:
    """How often the network to compare with is wrong, and for which classes the two differ."""
    if not same_data(choice, other) or other.run.classes != choice.run.classes:
        st.info(
            f"{other.title}, B, knows other images or classes: there is nothing to compare.",
            icon=":material/info:",
        )
        return
    second = ask(query_of(other, views)).answer
    if second is None:
        return
    numbers(second, f"B, {other.title}: ")
    errors = [class_errors(each.confusion) for each in (found, second)]
    gain = (errors[0] - errors[1]).nan_to_num()
    order = gain.argsort(descending=True, stable=True).tolist()
    better = [each for each in order if gain[each] > 0][:DIFFERING]
    worse = [each for each in reversed(order) if gain[each] < 0][:DIFFERING]
    for column, title, classes in zip(
        st.columns(2), ("B is better at", "B is worse at"), (better, worse), strict=True
    ):
        table = {
            "class": [choice.run.classes[each] for each in classes],
            "error of A": [percent(float(errors[0][each])) for each in classes],
            "error of B": [percent(float(errors[1][each])) for each in classes],
        }
        with column:
            st.markdown(f"**{title}**" + ("" if classes else " nothing"))
            if classes:
                st.dataframe(pd.DataFrame(table), hide_index=True, width="stretch")


def draw(data: Data, mistakes: Mistakes, place: int, order: Order) -> None:
    """The sheet; a click chooses an image, for this page and the next."""
    indices = mistakes.index.tolist()
    pictures = data.val.images[indices]
    figure = mistakes_pointing(pictures, mistakes, data.classes, chosen=indices[place])
    names = ", ".join(data.classes[label] for label in mistakes.label.tolist())
    clicked = pointed_at(figure, key=f"mistakes {order}", alt=f"Misclassified images: {names}")
    if clicked is not None:
        choose_image(f"val:{clicked}")
        st.rerun()


def inspect(choice: Choice, data: Data, mistake: Mistakes) -> None:
    """One image, large, with its predictions, and where to go from there."""
    preprocess = choice.run.preprocess
    index, label = int(mistake.index), int(mistake.label)
    seen = preprocess.from_uint8(data.val.images[[index]])[0]
    name = validation_name(data, index)
    show_pixels(image_pixels(preprocess.picture(seen), IMAGE_PX), caption=name, alt=name)
    probabilities = torch.zeros(len(choice.run.classes))
    probabilities[mistake.guess[0]] = mistake.probability[0]
    probabilities[label] = mistake.truth[0]
    shown = mistake.guess[0].tolist()
    st.markdown("**Top-5 predictions**")
    class_bars(
        probabilities, choice.run.classes, shown=[*shown, *{label} - set(shown)], label=label
    )
    caption_outputs(choice.run)
    if st.button("Where does it look?", icon=":material/visibility_off:"):
        go_to("occlusion", image=f"val:{index}")
    if st.button("Nearest neighbours", icon=":material/image_search:"):
        go_to("retrieval", image=f"val:{index}")


def confusion(query: MistakesQuery) -> None:
    """The matrix; the evaluation is cached by now."""
    st.subheader("Confusion matrix", anchor=False)
    st.caption(
        "Rows are the images' classes, columns the network's top prediction: what lies off the "
        "diagonal is confused. At the right the pairs that are confused most often."
    )
    reply = ask(ConfusionQuery(query.run, query.epoch, query.split, query.views))
    if reply.answer is None:
        return
    side = reply.side(ConfusionLook())
    alt = f"Confusion matrix of {len(side.shown.classes)} classes after epoch {side.opened.epoch}"
    show_figure(view.draw(side), alt=alt)
    offer_side(side)


page()
