"""Occlusions on a page: the square that a visitor chooses, and what is known with it so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import plotly.graph_objects as go
import streamlit as st
from torch import Tensor

from app.jobs.ask import answer
from app.shell import address
from app.shell.frame import Choice
from app.shell.runs import data_of
from app.widgets.class_choice import pick_class, probabilities
from app.widgets.drawing import pointed_at
from app.widgets.images import ChosenImage
from viz import results
from viz.network.fills import FILLS, filling
from viz.network.layers import maps_to_show
from viz.occlusion import Cell, Occlusion, covered, last_maps

WORDS = {"grey": "grey", "mean": "mean colour", "blur": "blur", "noise": "noise"}
HELP = (
    "What the square lets through. **Grey**: the training set's mean colour, as in the paper. "
    "**Mean colour**: the image's own. **Blur**: the image through a Gaussian of 10 px of 224. "
    "**Noise**: normal, of the training pixels' mean and deviation."
)


@dataclass(frozen=True)
class Square:
    """What slides over the image."""

    window: int  # side, px
    stride: int  # px
    fill: str

    def on(self, choice: Choice, image: ChosenImage, top: int = 0, left: int = 0) -> Tensor:
        """What the network sees with the square there, (3, H, W) in [0, 1]."""
        preprocess = choice.run.preprocess
        pixels = preprocess(image.picture)
        hidden = covered(pixels, filling(self.fill, pixels), self.window, top, left)
        return preprocess.picture(hidden)

    def box(self, cell: Cell) -> tuple[int, int, int, int]:
        """Where it is at a cell of the map: top, left, bottom, right."""
        top, left = (place * self.stride for place in cell)
        return top, left, top + self.window, left + self.window


@dataclass(frozen=True)
class Asked:
    """What a visitor asks about an image."""

    label: int  # class whose probability is drawn
    layer: str  # whose strongest channel is watched
    square: Square


def ask(choice: Choice, image: ChosenImage, size: int) -> Asked:
    """Class, layer and square, in a row of controls.

    Args:
        choice: Whose network.
        image: What it looks at.
        size: Side of the input that the square has to fit, px.
    """
    network, classes = choice.network(), choice.run.classes
    base = probabilities(network, choice.run.preprocess(image.picture))
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        label = pick_class(classes, base, true_class(choice, image))
        with st.container(width=120):
            layer = address.pick(
                st.selectbox,
                "Map of",
                maps_to_show(network),
                name="watch",
                default=last_maps(network),
                help="The layer whose strongest channel is watched",
            )
        return Asked(label, layer, choose_square(size))


def choose_square(size: int) -> Square:
    """Side, step and fill for inputs of so many pixels, in the row that the page has begun."""
    window, stride = results.square_for(size)
    with st.container(width=95):
        window = address.pick_number(
            st.number_input, "Square (px)", 1, size, name="window", default=window
        )
    with st.container(width=95):
        stride = address.pick_number(
            st.number_input, "Step (px)", 1, size, name="stride", default=stride
        )
    with st.container(width=130):
        fill = address.pick(
            st.selectbox,
            "Fill",
            list(FILLS),
            name="fill",
            default="grey",
            format_func=WORDS.__getitem__,
            help=HELP,
        )
    return Square(window, stride, fill)


def choose_cell(shape: Cell, default: Cell) -> Cell:
    """The place that was clicked on a map of so many rows and columns; the address says `cell`."""

    def parse(text: str) -> Cell:
        row, column = (int(part) for part in text.split(","))
        if not (0 <= row < shape[0] and 0 <= column < shape[1]):
            raise ValueError(text)
        return row, column

    return address.read("cell", parse, default)


def click_on(figure: go.Figure, *, key: str, alt: str) -> None:
    """A map to point at; a click chooses the place on all of them."""
    clicked = pointed_at(figure, key=key, alt=alt)
    if clicked is not None:
        address.write(cell=f"{clicked[0]},{clicked[1]}")
        st.rerun()


def true_class(choice: Choice, image: ChosenImage) -> int | None:
    """The image's class as the network counts them; None where it is not known or not learned."""
    if image.label is None:
        return None
    name = data_of(choice.run).classes[image.label]
    return choice.run.classes.index(name) if name in choice.run.classes else None


def occlusions_of(
    choice: Choice, images: Sequence[ChosenImage], square: Square, *, whole: bool = False
) -> list[Occlusion]:
    """Of each image: kept, computed at once, or as far as a job has come.

    While the job is at work there may be fewer than asked for, and the last may still be coarse;
    where only the whole will do, the page waits for it.
    """
    run, epoch, settings = choice.run, choice.epoch, asdict(square)

    def compute(**how: Any) -> list[Occlusion]:
        pictures = [image.picture for image in images]
        return results.occlusions(run, epoch, pictures, **settings, **how)

    def so_far() -> tuple[list[Occlusion], list[int]] | None:
        found = []
        for image in images:
            one = results.occlusion_so_far(run, epoch, image.picture, **settings)
            if one is None:
                break
            found.append(one)
        return (found, [one.step for one in found]) if found else None

    return answer(
        compute,
        run,
        command(choice, images, square),
        label="Sliding the square",
        so_far=None if whole else so_far,
    )


def command(choice: Choice, images: Sequence[ChosenImage], square: Square) -> list[str]:
    """`python -m viz …` for the same, but for class, layer and file."""
    sources = ",".join(image.source for image in images)
    arguments = ["occlusion", str(choice.run.path), "--image", sources]
    arguments += ["--epoch", str(choice.epoch), "--window", str(square.window)]
    return [*arguments, "--stride", str(square.stride), "--fill", square.fill]
