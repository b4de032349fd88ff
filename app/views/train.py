"""The settings of a run on a page: widgets, flags of `python -m training fit`, and names.

Defaults, choices and help are those of `fit` itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, get_args, get_type_hints

import streamlit as st
from docstring_parser import parse_from_object
from streamlit.delta_generator import DeltaGenerator

from app.shell.paths import runs_root
from training.config import FitConfig
from training.data import describe
from training.errors import WorkbenchError
from training.models import options

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
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
        OneOf("precision", "Precision"),
        YesNo("flip", "Mirror half of the images"),
    ),
    (
        OneOf("mean", "Subtract the mean"),
        Number("color", "Colour noise (σ)", 0.0, 10.0),
        Number("scale", "Minimum crop area", 0.01, 1.0),
    ),
    (
        OneOf("update", "Update rule"),
        Number("label_smoothing", "Label smoothing", 0.0, 0.99),
        Number("average", "EMA decay of weights", 0.0, 0.99999),
    ),
    (
        Number("distort", "Distortion of digits", 0.0, 10.0),
        Number("stop_at_train_error", "End at a training error of", 0.0, 1.0, "never"),
        OneOf("log", "Event files"),
    ),
    (
        Typed("options", "Options of the network", '{"lrn": [], "pooling": "average"}'),
        Typed("multipliers", "Learning-rate and weight-decay multipliers", '{"*.bias": [2, 0]}'),
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


def checked(name: str, settings: Mapping[str, Any]) -> FitConfig:
    """The settings, if a run of that name can be started with them.

    Raises:
        WorkbenchError: If the name is no name or taken, a setting is out of range, or there is
            no such data set or option.
    """
    if not NAME.fullmatch(name):
        raise WorkbenchError(
            f"{name!r} cannot be the name of a run: it becomes a folder. Use letters, digits, "
            "points, dashes and underscores, at most 64, beginning with a letter or digit."
        )
    if (runs_root() / name).exists():
        raise WorkbenchError(f"There is a run called {name} already. Choose another name.")
    config = FitConfig(run=str(runs_root() / name), **settings)
    options(config.model, **config.model_options)
    describe(config.data)
    return config


def object_in(text: str, what: str) -> dict[str, Any]:
    """A JSON object out of what somebody typed; an empty one where nothing was.

    Args:
        text: As typed.
        what: It stands for, such as "options".

    Raises:
        WorkbenchError: If it is no JSON object.
    """
    try:
        typed = json.loads(text or "{}")
    except ValueError as error:
        raise WorkbenchError(f"The {what} are not JSON: {error}.") from error
    if not isinstance(typed, dict):
        raise WorkbenchError(f'The {what} are {text}, expected an object like {{"name": value}}.')
    return typed


def free_name(wanted: str) -> str:
    """The wanted name, or the same with the first number that is not taken."""
    names = [wanted, *(f"{wanted}-{number}" for number in range(2, 1000))]
    return next(name for name in names if not (runs_root() / name).exists())


def fit_flags(settings: Mapping[str, Any]) -> list[str]:
    """Flags of `fit` for all settings that differ from its defaults, without --run."""
    flags = []
    for field in fields(FitConfig):
        if field.name == "run" or field.name not in settings:
            continue
        value = settings[field.name]
        default = {} if field.default_factory is dict else field.default
        if value != default:
            flags.append(f"--{field.name}={_text(value)}")
    return flags


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
