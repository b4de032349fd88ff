"""What the page Mistakes needs: pages of all mistakes, and a confusion matrix to point at."""

from __future__ import annotations

import pandas as pd
import streamlit as st
import torch

from app.jobs.ask import ask
from app.shell import address
from app.shell.errors import plain
from app.shell.frame import Choice, go_to
from app.widgets.bars import class_bars
from app.widgets.class_choice import caption_outputs
from app.widgets.downloads import offer_side
from app.widgets.drawing import pointed_at
from app.widgets.images import choose as choose_image
from app.widgets.images import same_data, validation_name
from app.widgets.layout import show_pixels
from training.data import Data
from viz.confusion import ConfusionLook, ConfusionQuery
from viz.confusion.figure import confusion_pointing
from viz.drawing.captioned_sheet import columns_for
from viz.drawing.outline import image_pixels
from viz.drawing.words import label_of, percent
from viz.mistakes import Evaluation, Mistakes, MistakesQuery, class_errors, confused
from viz.mistakes.figure import mistakes_pointing
from viz.mistakes.query import MistakesShown

IMAGE_PX, ROWS = 256, 4
DIFFERING = 5  # classes that are named
CLUSTERED = {"clustered": "Clustered", "given": "As they are"}


def numbers(found: Evaluation, classes: tuple[str, ...], whose: str = "") -> None:
    """The result in one line."""
    wrong = found.images - int(found.confusion.trace())
    words = (
        f"{whose}**{wrong:,} of {found.images:,}** images are wrong: "
        f"{percent(1 - found.top1)} top-1 and {percent(1 - found.top5)} top-5 error"
    )
    most = confused(found.confusion, 1)
    if len(most.images):
        label, guess = (
            plain(label_of(classes, int(one), None)) for one in (most.label, most.guess)
        )
        words += f". Most often **{label}** is taken for **{guess}**, {int(most.images):,} times"
    st.markdown(f"{words}.")


def compare(choice: Choice, found: Evaluation, other: Choice, query: MistakesQuery) -> None:
    """How often the network to compare with is wrong, and for which classes the two differ."""
    if not same_data(choice, other) or other.run.classes != choice.run.classes:
        st.info(
            f"{other.title}, B, knows other images or classes: there is nothing to compare.",
            icon=":material/info:",
        )
        return
    second = ask(query).answer
    if second is None:
        return
    numbers(second, choice.run.classes, f"B, {other.title}: ")
    errors = [class_errors(each.confusion) for each in (found, second)]
    gain = (errors[0] - errors[1]).nan_to_num()
    order = gain.argsort(descending=True, stable=True).tolist()
    better = [each for each in order if gain[each] > 0][:DIFFERING]
    worse = [each for each in reversed(order) if gain[each] < 0][:DIFFERING]
    for column, title, classes in zip(
        st.columns(2), ("B is better at", "B is worse at"), (better, worse), strict=True
    ):
        table = {
            "class": [label_of(choice.run.classes, each, None) for each in classes],
            "error of A": [percent(float(errors[0][each])) for each in classes],
            "error of B": [percent(float(errors[1][each])) for each in classes],
        }
        with column:
            st.markdown(f"**{title}**" + ("" if classes else " nothing"))
            if classes:
                st.dataframe(pd.DataFrame(table), hide_index=True, width="stretch")


def on_a_page(data: Data, width_px: int) -> int:
    """How many mistakes stand on a page of that width."""
    return ROWS * columns_for(data.val.images.shape[1], width_px)


def turn(shown: MistakesShown) -> None:
    """Back and on through all of them, and which ones these are."""
    first, count, many = shown.look.first, len(shown.found), shown.look.k
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        for label, icon, target, possible in (
            ("Previous", ":material/chevron_left:", max(first - many, 0), first > 0),
            ("Next", ":material/chevron_right:", first + many, first + many < shown.of),
        ):
            if st.button(label, icon=icon, disabled=not possible, key=f"turn {label}"):
                address.write(first=target or None, image=None)
                st.rerun()
        st.markdown(f"{first + 1:,}–{first + count:,} of {shown.of:,} mistakes")
        if shown.look.true is not None:
            label, guess = (
                plain(label_of(shown.classes, int(one or 0), None))
                for one in (shown.look.true, shown.look.taken)
            )
            st.markdown(f"**{label}** taken for **{guess}**")
            if st.button("All mistakes", icon=":material/close:", key="all mistakes"):
                address.write(true=None, taken=None, first=None, image=None)
                st.rerun()


def draw(data: Data, shown: MistakesShown, place: int, width_px: int) -> None:
    """The sheet; a click chooses an image, for this page and the next."""
    mistakes = shown.found
    indices = mistakes.index.tolist()
    figure = mistakes_pointing(
        data.val.images[indices],
        mistakes,
        data.classes,
        width_px=width_px,
        chosen=indices[place],
    )
    names = ", ".join(data.classes[label] for label in mistakes.label.tolist())
    alt = f"Misclassified images: {names}"
    clicked = pointed_at(figure, key=f"mistakes {shown.look.order}", alt=alt)
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


def confusion(query: MistakesQuery, order: str, width_px: int) -> None:
    """The matrix; the evaluation is cached by now. A cell leads to its images."""
    reply = ask(ConfusionQuery(query.run, query.epoch, query.split, query.views))
    if reply.answer is None:
        return
    side = reply.side(ConfusionLook("given" if order == "given" else "clustered"))
    shown = side.shown
    alt = f"Confusion matrix of {len(shown.classes)} classes after epoch {side.opened.epoch}"
    clicked = pointed_at(confusion_pointing(shown, width_px), key=f"matrix {order}", alt=alt)
    if clicked is not None and clicked[0] != clicked[1]:
        address.write(true=clicked[0], taken=clicked[1], first=None, image=None, picture=None)
        st.rerun()
    st.caption(
        "Rows are the images' classes, columns the network's top prediction. Point at a cell for "
        "its classes and number; click one off the diagonal for its images."
    )
    offer_side(side)
