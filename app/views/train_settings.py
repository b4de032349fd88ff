"""The settings of a run in groups; defaults, choices and help are those of `fit`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import streamlit as st
from docstring_parser import parse_from_object

from app.shell.errors import plain
from app.views.train import object_in
from app.views.train_form import Form, draw
from app.views.train_layers import show_table
from training.config import FitConfig
from training.errors import WorkbenchError
from training.models.alexnet import AlexNet
from training.settings import OneOf as Named
from training.transfer import FOLLOWED

COLUMNS = 3
HINTS = {**get_type_hints(AlexNet, include_extras=True), **get_type_hints(FitConfig)}
HELP = {
    field.arg_name: " ".join((field.description or "").split())
    for kind in (AlexNet, FitConfig)
    for field in parse_from_object(kind).params
}


@dataclass(frozen=True)
class Number:
    """A number; where its default depends on the others, `unset` says on what."""

    name: str
    label: str
    low: float
    high: float
    unset: str | None = None

    def draw(self, value: Any, put: Any) -> None:
        kind = type(self.low)
        draw(
            st.number_input, self.label, self.low, self.high, key=self.name, put=put,
            value=None if value is None else min(max(kind(value), self.low), kind(self.high)),
            format=None if kind is int else "%g", placeholder=self.unset or "",
            help=HELP[self.name],
        )  # fmt: skip


@dataclass(frozen=True)
class OneOf:
    """One of a few words."""

    name: str
    label: str

    def draw(self, value: Any, put: Any) -> None:
        draw(
            st.selectbox, self.label, _words(self.name), key=self.name, value=value, put=put,
            help=HELP[self.name],
        )  # fmt: skip


@dataclass(frozen=True)
class YesNo:
    """A tick."""

    name: str
    label: str

    def draw(self, value: Any, put: Any) -> None:
        draw(st.checkbox, self.label, key=self.name, value=value, put=put, help=HELP[self.name])


@dataclass(frozen=True)
class Numbers:
    """A few whole numbers with commas between."""

    name: str
    label: str

    def draw(self, value: Any, put: Any) -> None:
        def read(text: str) -> None:
            words = text.replace(",", " ").split()
            put([int(word) if word.lstrip("-").isdigit() else word for word in words])

        draw(
            st.text_input, self.label, key=self.name, value=", ".join(map(str, value)), put=read,
            placeholder="none", help=HELP[self.name],
        )  # fmt: skip


Setting = Number | OneOf | YesNo | Numbers
NETWORK: tuple[Setting, ...] = (
    OneOf("activation", "Activation function"),
    Numbers("lrn", "Response normalisation after"),
    YesNo("batch_norm", "Batch normalisation"),
    OneOf("pooling", "Pooling"),
    Number("pool_kernel", "Pooling window", 1, 65_536),
    Number("pool_stride", "Pooling stride", 1, 65_536),
    Numbers("hidden", "Hidden layers"),
    Number("dropout", "Dropout", 0.0, 0.999),
    OneOf("filler", "Initial weights"),
)
GROUPS: dict[str, tuple[Setting, ...]] = {
    "Data": (
        Number("per_class", "Training images of each class", 1, 1_000_000, "all"),
        Number("image_size", "Input (px)", 1, 4096, "the network's"),
        Number("resize", "Store images at (px)", 1, 4096, "auto"),
        OneOf("mean", "Subtract the mean"),
        OneOf("statistics", "Mean and deviation of"),
    ),
    "Optimisation": (
        Number("lr", "Learning rate", 0.0, 1e3, "the network's"),
        OneOf("schedule", "Schedule"),
        Number("warmup", "Warm-up (epochs)", 0.0, 1e6),
        Number("batch_size", "Batch size", 1, 1_000_000),
        Number("momentum", "Momentum", 0.0, 0.999999),
        Number("weight_decay", "Weight decay", 0.0, 1e3),
        OneOf("update", "Update rule"),
        Number("patience", "Patience (plateau)", 1, 1_000_000),
        Number("stop_at_train_error", "End at a training error of", 0.0, 1.0, "never"),
        Number("label_smoothing", "Label smoothing", 0.0, 0.999),
        Number("average", "EMA decay of weights", 0.0, 0.9999999),
        OneOf("precision", "Precision"),
        OneOf("log", "Event files"),
    ),
    "Augmentation": (
        YesNo("flip", "Mirror half of the images"),
        Number("crop_padding", "Crop border (px)", 0, 4096, "auto"),
        Number("scale", "Minimum crop area", 0.001, 1.0),
        Number("color", "Colour noise (σ)", 0.0, 10.0),
        Number("distort", "Distortion of digits", 0.0, 10.0),
    ),
}
TYPED = {
    "multipliers": (
        "Learning-rate and weight-decay multipliers",
        '{"*.bias": [2, 0]}',
    ),
    "options": ("Options of the network", '{"lrn": [], "pooling": "average"}'),
}


def show_groups(form: Form) -> None:
    """Draw the layers and the groups of settings, one at a time."""
    own = [] if form.follows else ["Layers", *(["Network"] if form.is_table else [])]
    names = [*own, *GROUPS]
    for tab, name in zip(st.tabs(names), names, strict=True):
        with tab:
            if name == "Layers" and form.is_table:
                show_table(form)
            elif name == "Layers":
                st.caption(f"{form.model} has the layers of its paper; its options are below.")
            elif name == "Network":
                _network(form)
            else:
                followed = FOLLOWED if form.follows else ()
                shown = [setting for setting in GROUPS[name] if setting.name not in followed]
                _rows(shown, form.settings, form.settings.__setitem__)
            if name == "Optimisation":
                _json(form, "multipliers")


def show_json(form: Form) -> None:
    """The network's options as JSON, folded: the same as the table, to be changed in either."""
    with st.expander("Options as JSON", icon=":material/data_object:"):
        _json(form, "options")
        st.caption(
            "What differs from the network's own choices. It and the layers are the same: change "
            "either. The README names every option."
        )


def _network(form: Form) -> None:
    try:
        _rows(NETWORK, form.options(), form.set_option)
    except WorkbenchError as error:
        st.error(plain(str(error)), icon=":material/error:")


def _rows(settings: Sequence[Setting], values: dict[str, Any], put: Any) -> None:
    for first in range(0, len(settings), COLUMNS):
        places = st.columns(COLUMNS, vertical_alignment="bottom")
        for place, setting in zip(places, settings[first : first + COLUMNS], strict=False):
            with place:
                setting.draw(
                    values[setting.name], lambda value, name=setting.name: put(name, value)
                )


def _json(form: Form, name: str) -> None:
    label, example = TYPED[name]
    draw(
        st.text_area, label, key=name, value=form.json(name), height="content",
        put=lambda text: form.set_json(name, text), placeholder=example,
        help=f"As JSON. {HELP[name]}",
    )  # fmt: skip
    if name in form.typed:
        try:
            object_in(form.typed[name], name)
        except WorkbenchError as error:
            st.error(plain(str(error)), icon=":material/error:")


def _words(name: str) -> list[str]:
    hint = HINTS[name]
    if get_origin(hint) is Annotated:
        return [
            each for mark in hint.__metadata__ if isinstance(mark, Named) for each in mark.names
        ]
    return list(get_args(hint))
