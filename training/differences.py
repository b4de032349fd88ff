"""In which settings two runs differ, and which runs differ in one thing only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from training.runs import Run

NO_MATTER = ("run", "device", "log", "options", "image_size")  # the last two are the network's
Differences = Mapping[str, tuple[Any, Any]]
"""Of a first and a second run, by the name of the setting or of the network's option."""


def differences(first: Mapping[str, Any], second: Mapping[str, Any]) -> Differences:
    """What differs between two sets of settings by name; what only one of them has is None."""
    names = dict.fromkeys([*first, *second])
    pairs = {name: (_plain(first.get(name)), _plain(second.get(name))) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def between(first: Run, second: Run) -> Differences:
    """What differs between two runs: network, its options, and all that decided the training."""
    return differences(_decisive(first), _decisive(second))


def variants_of(run: Run, others: Iterable[Run]) -> list[Run]:
    """Runs of the same network, data, seed and number of epochs that differ in something else.

    Those that differ in the fewest settings first: what is seen is owed to them.
    """
    found = []
    for other in others:
        if other.path == run.path or not (run.info.training and other.info.training):
            continue
        differ = between(run, other)
        if differ and not {"model", "data", "seed", "epochs"} & set(differ):
            found.append((len(differ), other))
    return [other for _, other in sorted(found, key=lambda pair: pair[0])]


def in_words(differ: Differences) -> str:
    """Strides 2 1 1 1 1 → 4 1 1 1 1, seed 0 → 1."""
    said = [f"{name} {_said(a)} → {_said(b)}" for name, (a, b) in differ.items()]
    return ", ".join(said)


def _decisive(run: Run) -> dict[str, Any]:
    training = dict(run.info.training or {})
    settings = {name: value for name, value in training.items() if name not in NO_MATTER}
    options = {name: value for name, value in run.info.options.items() if name != "graph"}
    return {"model": run.info.model, **settings, **options}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _said(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value)) or "none"
    return {"None": "auto", "True": "on", "False": "off"}.get(str(value), str(value))
