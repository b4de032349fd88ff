"""The table of layers: a row a convolution, what may be chosen and what follows from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import streamlit as st

from app.shell.errors import plain
from app.shell.words import count
from app.views.train_form import PER_LAYER, Form, draw, whole_options
from training.errors import WorkbenchError
from training.models.stages import Stage, stages

WIDTHS = (0.9, 1, 0.9, 0.9, 0.9, 0.7, 1.5, 1.1)
HEADS = (
    ("Layer", "Convolutions, from the image up."),
    ("Width", "Filters, so channels of its map."),
    ("Kernel", "Side of the filters, px of the map below."),
    ("Stride", "Step of the filters. Above half a cycle a step, detail is aliased."),
    ("Padding", "Zeros around the map below, px."),
    ("Pool", "Whether pooling follows. Its window and stride are under Network."),
    ("Map", "Width × height × channels, and side after pooling."),
    ("Sees", "Receptive field: side of the square of the input behind one unit, and step."),
)
CELLS = (("widths", "width", 1), ("kernels", "kernel", 1), ("strides", "stride", 1),
         ("paddings", "padding", 0))  # fmt: skip


def show_table(form: Form) -> None:
    """Draw the rows; where nothing is left of the image, the row says why."""
    try:
        options = form.options()
        found = {stage.name: stage for stage in stages(options)}
    except WorkbenchError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    except ValueError:  # lists of unequal length
        st.error(plain(form.problem() or "The layers do not fit."), icon=":material/error:")
        return
    _row([partial(st.caption, text, help=tip) for text, tip in HEADS])
    for index in range(len(options["widths"])):
        _layer(form, options, index, found.get(f"conv{index + 1}"))
    with st.container(horizontal=True, vertical_alignment="center"):
        _add_and_remove(form, options)
        st.caption(_sum(form, options, list(found.values())))


def _layer(form: Form, options: dict[str, Any], index: int, stage: Stage | None) -> None:
    name = f"conv{index + 1}"
    cells: list[Callable[[], Any]] = [lambda: st.markdown(f"**{name}**")]
    for option, word, low in CELLS:

        def cell(option: str = option, word: str = word, low: int = low) -> None:
            draw(
                st.number_input, f"{name} {word}", low, 65_536, key=f"{option} {index}",
                value=options[option][index], label_visibility="collapsed",
                put=lambda value: _put(form, option, index, value),
            )  # fmt: skip

        cells.append(cell)
    cells += [
        lambda: draw(
            st.checkbox, f"{name} pooling", key=f"pool {index}", label_visibility="collapsed",
            value=index + 1 in options["pool_after"],
            put=lambda value: _pool(form, options, index + 1, value),
        ),
        lambda: st.markdown(_map(stage, options["widths"][index])),
        lambda: st.markdown(_sees(stage, options["image_size"])),
    ]  # fmt: skip
    _row(cells)
    if stage is not None and stage.fault:
        st.markdown(f":red[:material/error: **{name}**: {plain(stage.fault)}. Take a smaller "
                    f"kernel, stride or window here or below, or more padding.]")  # fmt: skip


def _row(cells: Sequence[Callable[[], Any]]) -> None:
    for place, cell in zip(
        st.columns(WIDTHS, vertical_alignment="center", gap="small"), cells, strict=True
    ):
        with place:
            cell()


def _map(stage: Stage | None, width: int) -> str:
    if stage is None:
        return "–"
    if not stage.parameters:
        return "left out"
    if stage.side < 1:
        return ":red[nothing left]"
    pooled = f" → {stage.pooled}" if stage.pooled != stage.side else ""
    return f"{stage.side}×{stage.side}×{width}{pooled}"


def _sees(stage: Stage | None, image_size: int) -> str:
    if stage is None or stage.side < 1:
        return "–"
    whole = " (all)" if stage.field.size >= image_size else ""
    return f"{stage.field.size} px{whole} / {stage.field.stride}"


def _put(form: Form, option: str, index: int, value: Any) -> None:
    numbers = list(form.options()[option])
    if value is not None:
        numbers[index] = value
        form.set_option(option, numbers)


def _pool(form: Form, options: dict[str, Any], number: int, is_wanted: bool) -> None:
    others = [each for each in options["pool_after"] if each != number]
    form.set_option("pool_after", sorted([*others, number] if is_wanted else others))


def _add_and_remove(form: Form, options: dict[str, Any]) -> None:
    last = len(options["widths"])

    def add() -> None:
        fresh = {"kernels": 3, "strides": 1, "paddings": 1, "groups": 1}
        for option in PER_LAYER:
            numbers = list(options[option])
            form.set_option(option, [*numbers, fresh.get(option, numbers[-1])])

    def remove() -> None:
        for option in PER_LAYER:
            form.set_option(option, list(options[option])[:-1])
        for option in ("lrn", "pool_after"):
            form.set_option(option, [each for each in options[option] if each < last])

    st.button("Add a layer", icon=":material/add:", type="tertiary", on_click=add)
    if last > 1:
        st.button(f"Remove conv{last}", icon=":material/remove:", type="tertiary", on_click=remove)


def _sum(form: Form, options: dict[str, Any], found: list[Stage]) -> str:
    """What the convolutions cost, and what the first hidden layer gets."""
    if any(stage.fault for stage in found):
        return ""
    work, width = sum(stage.work for stage in found), options["widths"][-1]
    words = (
        f"{count(sum(stage.parameters for stage in found))} weights in the convolutions, "
        f"{count(work)} multiply-accumulates an image{_beside(form, work)}; "
        f"{found[-1].pooled}×{found[-1].pooled}×{width} units go on to the classifier."
    )
    return plain(words)


def _beside(form: Form, work: int) -> str:
    """How much dearer that is than what it began with."""
    try:
        before = sum(stage.work for stage in stages(whole_options(form.base)))
    except (WorkbenchError, ValueError, KeyError):
        return ""
    ratio = work / before if before else 1.0
    return "" if 0.99 < ratio < 1.01 else f" ({ratio:.2g} × as many as {form.like or 'before'})"
