"""Several validation images that a page looks at; the address says `images=3,8,12`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from app.shell import address
from app.widgets.drawing import pointed_at
from app.widgets.images import MOST_OF_A_CLASS, validation_name
from training.data import Data
from viz.drawing.marking import marking_sheet

FIRST, MOST = 5, 12  # the paper has five


def choose_images(data: Data) -> list[int]:
    """By default the first five of a class; others are chosen by a click or by their numbers."""
    labels = np.asarray(data.val.labels)

    def parse(text: str) -> list[int]:
        numbers = list(dict.fromkeys(int(part) for part in text.split(",")))
        if len(numbers) > MOST or not all(0 <= number < len(labels) for number in numbers):
            raise ValueError(text)
        return numbers

    images = address.read("images", parse, _first(labels, int(labels.min())))
    label = int(labels[images[0]])
    with st.container(width=240):
        _choose_class(data, labels, label)
    with st.popover("Choose pictures", icon=":material/apps:"):
        _choose_by_sight(data, np.flatnonzero(labels == label)[:MOST_OF_A_CLASS].tolist(), images)
        _choose_by_number(images, parse)
    return images


def _first(labels: np.ndarray, label: int) -> list[int]:
    return np.flatnonzero(labels == label)[:FIRST].tolist()


def _write(images: list[int]) -> None:
    address.write(images=",".join(map(str, images)))


def _choose_class(data: Data, labels: np.ndarray, label: int) -> None:
    present = np.unique(labels).tolist()
    key = address.fresh_key("class of images", label, present)

    def changed() -> None:
        _write(_first(labels, st.session_state[key]))

    st.selectbox(
        "Pictures of",
        present,
        key=key,
        on_change=changed,
        format_func=lambda index: data.classes[index],
    )


def _choose_by_sight(data: Data, offered: list[int], images: list[int]) -> None:
    offered = list(dict.fromkeys([*offered, *images]))
    st.caption(f"A click takes a picture in or out; two to {MOST} are compared.")
    figure = marking_sheet(
        data.val.images[offered],
        [validation_name(data, index) for index in offered],
        columns=6,
        chosen=[offered.index(index) for index in images],
    )
    alt = f"Validation images to choose from: {', '.join(map(str, offered))}"
    clicked = pointed_at(figure, key=f"choose among {images}", alt=alt)
    if clicked is None:
        return
    index = offered[clicked]
    others = [one for one in images if one != index]
    taken = others if index in images else [*images, index]
    if 1 <= len(taken) <= MOST:
        _write(taken)
        st.rerun()
    st.caption("That would be too few." if not taken else f"At most {MOST} are compared.")


def _choose_by_number(images: list[int], parse: Callable[[str], list[int]]) -> None:
    text = ",".join(map(str, images))
    key = address.fresh_key("numbers of images", text, None)

    def changed() -> None:
        try:
            _write(parse(st.session_state[key]))
        except ValueError:
            st.session_state["wrong images"] = st.session_state[key]

    st.text_input("Or their numbers, with commas between", key=key, on_change=changed)
    if st.session_state.pop("wrong images", None):
        st.caption(f"That is not it: up to {MOST} numbers of validation images are needed.")
