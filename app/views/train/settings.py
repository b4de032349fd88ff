"""The settings of a run as widgets: defaults, choices and help are those of `fit` itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args, get_type_hints

import streamlit as st
from docstring_parser import parse_from_object
from streamlit.delta_generator import DeltaGenerator

from app.views.compare.recipes import object_in
from training.config import FitConfig

DEFAULTS = FitConfig()
HINTS = get_type_hints(FitConfig)
HELP = {
    field.arg_name: " ".join((field.description or "").split())
    for field in parse_from_object(FitConfig).params
}


@dataclass(frozen=True)
class Number:
    """A number; where its default depends on the others, `unset` says on what."""

    name: str
    label: str
    low: float
    high: float
    unset: str | None = None

    def draw(self, place: DeltaGenerator) -> Any:
        value = None if self.unset else getattr(DEFAULTS, self.name)
        return place.number_input(
            self.label,
            self.low,
            self.high,
            value,
            format=None if isinstance(self.low, int) else "%g",
            placeholder=self.unset or "",
            help=HELP[self.name],
        )


@dataclass(frozen=True)
class OneOf:
    """One of a few words."""

    name: str
    label: str

    def draw(self, place: DeltaGenerator) -> Any:
        return place.selectbox(self.label, get_args(HINTS[self.name]), help=HELP[self.name])


@dataclass(frozen=True)
class YesNo:
    """A tick."""

    name: str
    label: str

    def draw(self, place: DeltaGenerator) -> Any:
        return place.checkbox(self.label, getattr(DEFAULTS, self.name), help=HELP[self.name])


@dataclass(frozen=True)
class Typed:
    """A JSON object."""

    name: str
    label: str
    example: str

    def draw(self, place: DeltaGenerator) -> Any:
        return place.text_input(
            self.label, placeholder=self.example, help=f"As JSON. {HELP[self.name]}"
        )


Setting = Number | OneOf | YesNo | Typed
ROWS: tuple[tuple[Setting, ...], ...] = (
    (
        Number("image_size", "Input (px)", 16, 512, "the network's"),
        Number("resize", "Store images at (px)", 16, 1024, "auto"),
        Number("crop_padding", "Crop border (px)", 0, 64, "auto"),
    ),
    (
        Number("batch_size", "Batch size", 1, 4096),
        Number("lr", "Learning rate", 0.0, 10.0, "the network's"),
        OneOf("schedule", "Schedule"),
    ),
    (
        Number("momentum", "Momentum", 0.0, 0.999),
        Number("weight_decay", "Weight decay", 0.0, 1.0),
        Number("warmup", "Warm-up (epochs)", 0.0, 100.0),
    ),
    (
        Number("patience", "Patience (plateau)", 1, 100),
        OneOf("precision", "Arithmetic"),
        YesNo("flip", "Mirror half of the images"),
    ),
    (
        OneOf("mean", "Subtract the mean"),
        Number("color", "Colour noise (σ)", 0.0, 10.0),
        Number("scale", "Least area of a resized crop", 0.01, 1.0),
    ),
    (
        OneOf("update", "Update rule"),
        Number("label_smoothing", "Label smoothing", 0.0, 0.99),
        Number("average", "Averaging of weights", 0.0, 0.99999),
    ),
    (
        Number("distort", "Distortion of digits", 0.0, 10.0),
        Number("stop_at_train_error", "End at a training error of", 0.0, 1.0, "never"),
        OneOf("log", "Event files"),
    ),
    (
        Typed("options", "Options of the network", '{"lrn": [], "pooling": "average"}'),
        Typed("multipliers", "Multipliers of rate and decay", '{"*.bias": [2, 0]}'),
    ),
)


def more_settings() -> dict[str, Any]:
    """Draw all settings beyond the first few; their values by name, JSON still as typed."""
    values: dict[str, Any] = {}
    for row in ROWS:
        places = st.columns(len(row), vertical_alignment="bottom")
        values |= {
            setting.name: setting.draw(place) for setting, place in zip(row, places, strict=True)
        }
    return values


def understood(values: dict[str, Any]) -> dict[str, Any]:
    """The values with what was typed as JSON turned into objects.

    Raises:
        WorkbenchError: If it is no JSON object.
    """
    typed = [setting.name for row in ROWS for setting in row if isinstance(setting, Typed)]
    return values | {name: object_in(values[name], name) for name in typed}
