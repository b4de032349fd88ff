"""Like this run, but …: a form filled from a run, and the address that fills it.

`train?like=demo&strides=4` is demo once more with conv1 at stride 4: any setting of `fit` and any
option of the network may stand there, lists with commas, and `options` as JSON over all of them.
A list that is shorter than the network's keeps the rest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, NoReturn, get_type_hints

import streamlit as st

from app.shell import address, runs
from app.views.train import defaults, object_in
from app.views.train_form import PER_LAYER, Form, Settings, whole_options
from training.config import FitConfig
from training.data_spec import whole
from training.errors import WorkbenchError
from training.models import MODELS
from training.models.alexnet import AlexNet
from training.runs import Run
from training.settings import checked

SETTINGS = [each.name for each in fields(FitConfig) if each.name not in ("run", "options")]
OPTIONS = [each.name for each in fields(AlexNet) if each.name not in SETTINGS]
KINDS = get_type_hints(FitConfig, include_extras=True)
OPTION_KINDS = get_type_hints(AlexNet, include_extras=True)
LISTS = (*PER_LAYER, "lrn", "pool_after", "hidden")
NAMES = ("like", *SETTINGS, *OPTIONS, "options", "name")
Changes = Mapping[str, Any]
"""Settings by name; `options` are put over those of the run."""


def settings_of(run: Run) -> Settings:
    """All settings of `fit` that a run was trained with.

    Raises:
        WorkbenchError: If it was not trained here.
    """
    training = run.info.training
    if training is None or run.info.model not in MODELS:
        raise WorkbenchError(
            f"{runs.name_of(run)} was imported: it does not tell how it was trained. Choose a run "
            "that was trained here."
        )
    known = {name: training[name] for name in defaults() if name in training}
    data = run.info.data or known.get("data", "builtin")
    origin = run.info.origin
    return (
        defaults()
        | known
        | {"data": whole(data) if known.get("per_class") else data}
        | ({"start_from": f"{origin.run}@{origin.epoch}"} if origin else {})
    )


def changed(settings: Settings, changes: Changes) -> Settings:
    """Settings with changes; options are merged, and short lists keep what follows."""
    result = settings | {name: value for name, value in changes.items() if name != "options"}
    options = dict(settings["options"] if result["model"] == settings["model"] else {})
    usual = whole_options(result | {"options": options})
    for name, value in changes.get("options", {}).items():
        before = usual.get(name)
        if name in PER_LAYER and isinstance(value, list) and isinstance(before, list | tuple):
            value = [*value, *before[len(value) :]]
        options[name] = value
    return result | {"options": options}


def like(run: Run, changes: Changes | None = None, name: str | None = None) -> Form:
    """A form that is filled as the run was trained, but for changes."""
    settings = settings_of(run)
    return Form(changed(settings, changes or {}), runs.name_of(run), settings, name)


def take_up_the_address(form: Form) -> Form:
    """The form, or a fresh one where the address asks for another than before."""
    there = {runs.name_of(run): run for run in runs.there_are()[0]}
    run: Run | None = address.read("like", there.__getitem__, None, carried=False)
    said = {name: st.query_params[name] for name in NAMES if name in st.query_params}
    asked = tuple(sorted(said.items()))
    if asked == form.asked or not asked:
        form.asked = asked
        return form
    changes: dict[str, Any] = {"options": {}}
    for name in said:
        _read_into(changes, name)
    name = changes.pop("name", None)
    try:
        if run is not None:
            fresh = like(run, changes, name)
        else:
            fresh = Form(changed(defaults(), changes), name=name)
    except WorkbenchError as error:
        address.notice("like", str(error))
        fresh = form
    fresh.asked = asked
    st.session_state["train form"] = fresh
    return fresh


def go_to_train(run: Run, changes: Changes, name: str | None = None) -> NoReturn:
    """Lead to the page Train, filled as a run was trained, but for changes."""
    said = {each: st.query_params[each] for each in ("run", "epoch") if each in st.query_params}
    said["like"] = runs.name_of(run)
    for each, value in changes.items():
        said[each] = value if isinstance(value, str) else json.dumps(value)
    if name:
        said["name"] = name
    address.leave()
    st.switch_page("app/pages/train.py", query_params=said)


def choose_like(run: Run | None) -> None:
    """Fill the form as a run was trained, or with the defaults."""
    leave_the_address()
    st.session_state["train form"] = Form() if run is None else like(run)
    if run is not None:
        address.write(like=runs.name_of(run))
        st.session_state["train form"].asked = (("like", runs.name_of(run)),)


def leave_the_address() -> None:
    """Take out of the address what it asked for."""
    address.write(**{name: None for name in NAMES if name in st.query_params})


def _read_into(changes: dict[str, Any], name: str) -> None:
    """One name of the address among the changes; what does not fit gives a notice."""

    def parse(text: str) -> Any:
        try:
            if name == "name":
                return text
            if name == "options":
                return object_in(text, name)
            if name in SETTINGS:
                return checked(name, KINDS[name], _value(text))
            value = _value(text)
            is_only_one = isinstance(value, int) and name in LISTS
            return checked(name, OPTION_KINDS[name], [value] if is_only_one else value)
        except WorkbenchError as error:
            raise ValueError(text) from error

    if name == "like":
        return
    value = address.read(name, parse, None, carried=False)
    if value is None:
        return
    if name == "options":
        changes["options"] |= value
    elif name in OPTIONS:
        changes["options"][name] = list(value) if isinstance(value, tuple) else value
    else:
        changes[name] = value


def _value(text: str) -> Any:
    """JSON; or numbers with commas between; or a word."""
    for form in (text, f"[{text}]"):
        try:
            return json.loads(form)
        except ValueError:
            continue
    return text
