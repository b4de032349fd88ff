"""What the form of the page Train holds: one object that every widget shows and changes.

A widget is drawn from the form and writes into it when the visitor changes it, so that the table
of layers and the JSON of options are two views of the same thing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, get_type_hints

import streamlit as st

from app.views.train import defaults, free_name, object_in
from training.config import FitConfig
from training.differences import Differences, differences
from training.errors import WorkbenchError
from training.models import MODELS, architecture
from training.models.alexnet import AlexNet
from training.settings import checked

PER_LAYER = ("widths", "kernels", "strides", "paddings", "groups")
Settings = dict[str, Any]


@dataclass
class Form:
    """A run that somebody is about to train."""

    settings: Settings = field(default_factory=defaults)  # of `fit`, but for the run
    like: str | None = None  # name of the run that it began as
    base: Settings = field(default_factory=defaults)  # what it began with
    name: str | None = None  # where the visitor typed one
    typed: dict[str, str] = field(default_factory=dict)  # JSON that is none, as it was typed
    asked: tuple[tuple[str, str], ...] = ()  # what the address said when it was last taken up

    @property
    def model(self) -> str:
        return str(self.settings["model"])

    @property
    def follows(self) -> bool:
        """Whether network and preprocessing are those of a run to start from."""
        return self.settings["start_from"] is not None

    @property
    def is_table(self) -> bool:
        """Whether its convolutions can be set one by one."""
        return isinstance(MODELS[self.model], AlexNet)

    def options(self) -> Settings:
        """All options of the network, each held against its declaration.

        Raises:
            WorkbenchError: If there is no such option, or one is out of range.
        """
        return whole_options(self.settings)

    def set_option(self, name: str, value: Any) -> None:
        """Choose an option; what is the network's own choice is not written down."""
        usual = asdict(MODELS[self.model])
        chosen = {**self.settings["options"], name: value}
        self.settings["options"] = {
            option: value for option, value in chosen.items() if value != _listed(usual.get(option))
        }

    def set_model(self, model: str) -> None:
        """Another network, with its own choices and rate."""
        self.settings |= {"model": model, "options": {}, "image_size": None, "lr": None}

    def set_json(self, name: str, text: str) -> None:
        """Take a JSON object for options or multipliers; what is none stays to be mended."""
        try:
            self.settings[name] = object_in(text, name)
            self.typed.pop(name, None)
        except WorkbenchError:
            self.typed[name] = text

    def json(self, name: str) -> str:
        """The object as text, or what was typed for it and is none."""
        value = self.settings[name]
        return self.typed.get(name, _lines(value) if value else "")

    def problem(self) -> str | None:
        """Why no network can be built of it; None where one can."""
        try:
            for name, text in self.typed.items():
                object_in(text, name)
            config = FitConfig(**self.settings)
            architecture(config.model, **config.model_options)
        except WorkbenchError as error:
            return str(error)
        return None

    def changes(self) -> Differences:
        """In what it differs from what it began with, by setting and by option."""
        return differences(_decisive(self.base), _decisive(self.settings))

    def suggested_name(self) -> str:
        """The name of the run it began as, with what is changed: demo-strides4."""
        if self.like is None:
            return free_name("run")
        words = [self.like.replace("/", "-")]
        for name, (before, now) in self.changes().items():
            words.append(_short(name, before, now))
        return (
            free_name("-".join(words)[:56].strip("-.")) if len(words) > 1 else free_name(words[0])
        )


def form() -> Form:
    """The form of this visitor."""
    found: Form = st.session_state.setdefault("train form", Form())
    return found


def whole_options(settings: Mapping[str, Any]) -> Settings:
    """All options of the network that some settings ask for.

    Raises:
        WorkbenchError: If there is no such option, or one is out of range.
    """
    design = MODELS[settings["model"]]
    kinds = get_type_hints(type(design), include_extras=True)
    for name, value in settings["options"].items():
        if name not in kinds:
            architecture(settings["model"], **{name: value})  # which says what there is
        checked(name, kinds[name], value)
    size = settings["image_size"] or design.image_size
    usual: Settings = asdict(design)
    return usual | settings["options"] | {"image_size": size}


def draw(
    widget: Callable[..., Any], label: str, *arguments: Any, key: str, value: Any,
    put: Callable[[Any], None], **how: Any,
) -> None:  # fmt: skip
    """A widget that shows a value of the form, and puts there what the visitor makes of it.

    Where the form has another value than the widget, it becomes a new widget that starts with it. A
    value that is written into a widget's state instead comes back from the browser as a change of
    the visitor's, together with the first true one; that of all options, as JSON, then undoes it.

    Args:
        widget: Such as `st.number_input`.
        label: Of the widget.
        *arguments: Passed to it.
        key: Of the widget.
        value: That the form has.
        put: Takes the visitor's.
        **how: Passed to the widget.
    """
    drawn = st.session_state.setdefault("train drawn", {})
    version, last = drawn.get(key, (0, value))
    if value != last:
        version += 1
    drawn[key] = version, value
    its_key = f"train {key} {version}"

    def changed() -> None:
        now = st.session_state[its_key]
        if drawn[key][0] != version or drawn[key][1] == now:
            return  # the browser also sends what it was given, and what a former widget had
        drawn[key] = version, now  # so that it stays the same widget
        put(now)

    start = {"index": arguments[0].index(value)} if widget is st.selectbox else {"value": value}
    widget(label, *arguments, key=its_key, on_change=changed, **start, **how)


def _decisive(settings: Settings) -> Settings:
    chosen = {name: value for name, value in settings.items() if name != "options"}
    try:
        return whole_options(settings) | chosen
    except WorkbenchError:
        return chosen | {"options": settings["options"]}


def _short(name: str, before: Any, now: Any) -> str:
    """strides4 where the first number differs, epochs20 elsewhere; letters that a name may have."""
    if isinstance(now, list) and isinstance(before, list):
        new = [each for each, old in zip(now, before, strict=False) if each != old]
        now = new[0] if new else len(now)
    text = f"{name}{now}".replace("_", "-")
    return "".join(each for each in text if each.isalnum() or each in ".-")[:20]


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _lines(value: Settings) -> str:
    """One name a line, lists on theirs."""
    inside = ",\n".join(f"  {json.dumps(name)}: {json.dumps(each)}" for name, each in value.items())
    return f"{{\n{inside}\n}}"
