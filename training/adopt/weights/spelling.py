"""How the names of tensors are spelled: without what wraps a network, and as they were renamed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from training.adopt.weights.file_kinds import plain
from training.adopt.weights.stored import Stored
from training.checkpoints import CheckpointError

T = TypeVar("T")

Vocabulary = Mapping[str, str]
"""By what a file may call a tensor, the network's own name for it."""

WRAPPERS = {  # names under which torch's own wrappers hold a network, or any part of it
    *("module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"),
}
_BESIDE = re.compile(
    r"(.*_)?(criterion|criteria|loss|losses|loss_fn|loss_func|metrics?)(_.*)?"  # of a loss
    r"|(train|training|val|valid|validation|test)_.*"  # torchmetrics' counts
    r"|(.*_)?(acc|accuracy|precision|recall|f1|f1_?score|auc|auroc|confmat|confusion_?matrix)"
    r"|n_averaged|total_ops|total_params"  # AveragedModel, thop
)


def vocabularies(expected: Iterable[str], paths: Mapping[str, str]) -> list[Vocabulary]:
    """The ways to name a network's tensors: its own first.

    Args:
        expected: The network's own names.
        paths: By our layers' names, what else they are called.
    """
    own = {name: name for name in expected}
    ways: list[Vocabulary] = [own]
    if paths:
        ways.append(
            {f"{paths.get(_layer(name), _layer(name))}.{_kind(name)}": name for name in own}
        )
    ways = [_without_wrappers(way) for way in ways]
    ways += [short for way in ways if (short := _without_common(way)) != way]
    return ways


def spelled(dicts: Mapping[str, Mapping[str, Stored]]) -> dict[str, dict[str, Stored]]:
    """The tensors of a file under names without wrappers."""
    return {where: _without_wrappers(tensors) for where, tensors in dicts.items()}


def renamed(
    dicts: Mapping[str, Mapping[str, Stored]], rename: Mapping[str, str | None], file: str
) -> tuple[dict[str, dict[str, Stored]], set[str]]:
    """The tensors under names that somebody gave, and the layers and tensors that have them.

    Raises:
        CheckpointError: If there is none of a name, or two would have one.
    """
    new = {_bare(name): None if other is None else _bare(other) for name, other in rename.items()}
    used: set[str] = set()
    found: dict[str, dict[str, Stored]] = {}
    for where, tensors in dicts.items():
        found[where] = {}
        for name, value in tensors.items():
            beginning = next((each for each in _beginnings(name) if each in new), None)
            target: str | None = name
            if beginning is not None:
                used.add(beginning)
                other = new[beginning]
                target = None if other is None else f"{other}{name.removeprefix(beginning)}"
            if target in found[where]:
                raise CheckpointError(f"--rename would call two tensors {plain(str(target))}.")
            if target is not None:
                found[where][target] = value
    for name in new.keys() - used:
        layers = dict.fromkeys(_layer(name) for tensors in dicts.values() for name in tensors)
        raise CheckpointError(
            f"--rename: {file} has no {plain(name)}. It has: "
            f"{', '.join(map(plain, list(layers)[:10]))}."
        )
    return {where: tensors for where, tensors in found.items() if tensors}, {
        other for other in new.values() if other
    }


def is_beside(name: str) -> bool:
    """Whether a tensor belongs to training and not to the network: a loss, a metric, a count."""
    parts = name.split(".")
    return bool(_BESIDE.fullmatch(parts[0]) or _BESIDE.fullmatch(parts[-1]))


def is_count(name: str) -> bool:
    """Whether it is batch normalisation's count, which files from before torch 0.4.1 lack."""
    return name.rpartition(".")[2] == "num_batches_tracked"


def cuts(name: str) -> Iterator[tuple[str, str]]:
    """A name as prefix and rest in every way, the longest rest first."""
    parts = name.split(".")
    for number in range(len(parts)):
        prefix = ".".join(parts[:number])
        yield f"{prefix}." if prefix else "", ".".join(parts[number:])


def _beginnings(name: str) -> Iterator[str]:
    parts = name.split(".")
    for number in range(len(parts), 0, -1):
        yield ".".join(parts[:number])


def _without_wrappers(named: Mapping[str, T]) -> dict[str, T]:
    short = {_bare(name): value for name, value in named.items()}
    return short if len(short) == len(named) else dict(named)


def _bare(name: str) -> str:
    return ".".join(part for part in name.split(".") if part not in WRAPPERS)


def _without_common(named: Mapping[str, T]) -> dict[str, T]:
    """Names without the beginning that all of them share."""
    rows = [name.split(".")[:-2] for name in named]
    shared = 0
    while all(len(row) > shared for row in rows) and len({row[shared] for row in rows}) == 1:
        shared += 1
    return {".".join(name.split(".")[shared:]): value for name, value in named.items()}


def _layer(name: str) -> str:
    return name.rpartition(".")[0]


def _kind(name: str) -> str:
    return name.rpartition(".")[2]
