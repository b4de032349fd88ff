"""Several images beside each other: where the network looks in each."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from functools import partial

import numpy as np
import streamlit as st
from torch import Tensor

from app.shell import address
from app.shell.frame import Choice
from app.shell.runs import data_of
from app.views.occlusion.controls import Square, choose_square, command, occlusions_of, true_class
from app.widgets.downloads import made_by, offer
from app.widgets.drawing import show_figure
from app.widgets.images import ChosenImage, choose, known_key, offered, open_image, validation_name
from app.widgets.layout import PICTURE_PX
from training.data import Data
from training.errors import WorkbenchError
from viz.occlusion.sheet import Row, occlusion_row, occlusion_sheet

MOST, OFFERED = 8, 24


def show_several(choice: Choice) -> None:
    """A row for each chosen image, each leading to its own view."""
    try:
        data = data_of(choice.run)
    except WorkbenchError:
        data = None
    with st.container(width=PICTURE_PX):
        images = choose_images(choice, data)
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        square = choose_square(choice.run.preprocess.size)
    if not images:
        st.info("Choose an image, or upload one in the view of one image.", icon=":material/info:")
        return
    found = occlusions_of(choice, images, square)
    rows = [
        Row(
            image.name.partition(" (validation")[0],
            square.on(choice, image),
            one,
            label_of(choice, image, one.base),
        )
        for image, one in zip(images, found, strict=False)  # fewer while they are worked out
    ]
    for image, row in zip(images, rows, strict=False):
        draw_row(choice, image, row)
    if len(rows) == len(images):
        offer_sheet(choice, images, rows, square)


def choose_images(choice: Choice, data: Data | None) -> list[ChosenImage]:
    """Up to eight; by default the six that every page offers."""
    known = partial(known_key, data)
    here = address.read("image", known, "")
    first = [f"val:{index}" for index in offered(data.val)] if data is not None else []
    more = [f"val:{index}" for index in offered(data.val, OFFERED)] if data is not None else []

    def parse(text: str) -> list[str]:
        keys = list(dict.fromkeys(known(key) for key in text.split(",")))
        if len(keys) > MOST:
            raise ValueError(text)
        return keys

    value = address.read("images", parse, first or [here] * bool(here))
    options = list(dict.fromkeys([*value, *([here] if here else []), *more]))
    key = address.fresh_key("images", value, options)

    def changed() -> None:
        chosen = st.session_state[key]
        address.write(images=",".join(chosen) if chosen else None)

    def name(option: str) -> str:
        kind, _, which = option.partition(":")
        if kind == "val" and data is not None:
            return validation_name(data, int(which))
        return open_image(option, choice, data).name

    st.multiselect(
        f"Images, at most {MOST}",
        options,
        key=key,
        on_change=changed,
        max_selections=MOST,
        format_func=name,
    )
    return [open_image(each, choice, data) for each in value]


def label_of(choice: Choice, image: ChosenImage, base: Tensor) -> int:
    """The true class, where it is known; else the most probable one."""
    known = true_class(choice, image)
    return int(base.argmax()) if known is None else known


def draw_row(choice: Choice, image: ChosenImage, row: Row) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        show_figure(
            occlusion_row(row, choice.run.classes),
            alt=f"{image.name}: the image, P({choice.run.classes[row.label]}) and the most "
            "probable class while a square covers each place",
        )
        if st.button("Single view", key=f"open {image.key}", icon=":material/open_in_full:"):
            choose(image.key)
            address.write(show=None)
            st.rerun()


def offer_sheet(choice: Choice, images: list[ChosenImage], rows: list[Row], square: Square) -> None:
    run, epoch = choice.run, choice.epoch
    classes = [run.classes[row.label] for row in rows]
    offer(
        lambda: occlusion_sheet(rows, run.classes),
        lambda: {
            "probability": np.stack([row.found.probability[..., row.label] for row in rows]),
            "predicted": np.stack([row.found.predicted for row in rows]),
        },
        name=f"{run.name}-occlusions-epoch-{epoch}",
        made=made_by(
            choice,
            "occlusion",
            image=[image.seen(run) for image in images],
            label=classes,
            **asdict(square),
        ),
        shell=f"python -m viz {shlex.join(command(choice, images, square))} --out sheet.png",
        python=images[0].python(run.path)
        + "\nfrom viz import results\n\n"
        + f"results.occlusions(run, {epoch}, [image], window={square.window}, "
        f'stride={square.stride}, fill="{square.fill}")',
    )
