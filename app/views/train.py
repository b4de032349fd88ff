"""The settings of a run on their way to `python -m training fit`: names, checks and flags."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from app.shell.paths import runs_root
from training.config import FitConfig
from training.data import describe
from training.errors import WorkbenchError
from training.models import options

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def defaults() -> dict[str, Any]:
    """Every setting of `fit` but the run, as it is where nobody says anything."""
    given = {}
    for field in fields(FitConfig):
        if field.name != "run":
            given[field.name] = {} if field.default_factory is dict else field.default
    return given


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
    describe(config.data_spec)
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
        typed = json.loads(text.strip() or "{}")
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
    return [
        f"--{name}={_text(settings[name])}"
        for name, usual in defaults().items()
        if name in settings and settings[name] != usual
    ]


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
