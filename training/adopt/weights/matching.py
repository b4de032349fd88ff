"""Which tensor of a file is which of a network's: by name, or refused. Decided here alone.

Names agree where one set is the other behind a prefix: `module.`, `_orig_mod.`, `model.backbone.`
or any. Where they do not, layers are told apart by their shapes if no two have the same, and else
the file is refused with the pairs that would follow from its order: two layers of one shape that
are exchanged make a network that looks right and is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from training.adopt.weights.differences import difference
from training.adopt.weights.file_kinds import plain
from training.adopt.weights.pairing import pair_layers
from training.adopt.weights.spelling import (
    Vocabulary,
    cuts,
    is_beside,
    is_count,
    renamed,
    spelled,
    vocabularies,
)
from training.adopt.weights.stored import Contents, Stored
from training.checkpoints import CheckpointError

Rename = Mapping[str, str | None] | Literal["order"]
# words of keys under which the same names lie again
_AVERAGE = {"ema", "swa", "avg", "average", "averaged", "shadow"}
_OPTIMISER = {"optim", "optimizer", "optimiser", "opt", "exp", "velocity", "grad", "grads"}


@dataclass(frozen=True)
class Matched:
    """A network's weights out of a file."""

    weights: dict[str, Tensor]  # under the network's names, in single precision
    told: tuple[str, ...]  # which were taken, what was left out, a sentence each


@dataclass(frozen=True)
class _Fit:
    """One way to read a network's tensors out of a file."""

    where: str  # keys that lead to a dictionary
    prefix: str  # of the names in it
    names: Mapping[str, str]  # by the network's name, the file's
    tensors: Mapping[str, Stored]  # of that dictionary

    @property
    def label(self) -> str:
        """What --key takes."""
        return ".".join(filter(None, [self.where, self.prefix.rstrip(".")]))

    @property
    def aside(self) -> bool:
        """Whether it is an average of the weights, or what an optimiser remembers of them."""
        return bool(self._words & _AVERAGE) or "encoder_k" in self.label or self.remembered

    @property
    def remembered(self) -> bool:
        return bool(self._words & _OPTIMISER)

    @property
    def _words(self) -> set[str]:
        return set(re.split(r"[._]", self.label.lower()))

    @property
    def prefixes(self) -> set[str]:
        """What stands before the network's names, where it has them."""
        pairs = self.names.items()
        return {theirs.removesuffix(ours) for ours, theirs in pairs if theirs.endswith(ours)}

    @property
    def places(self) -> frozenset[object]:
        return frozenset((ours, self.tensors[theirs].at) for ours, theirs in self.names.items())


def match(
    contents: Contents,
    expected: Mapping[str, Tensor],
    *,
    num_classes: int,
    paths: Mapping[str, str] | None = None,
    key: str | None = None,
    rename: Rename | None = None,
) -> Matched:
    """The tensors of a file under a network's names.

    Args:
        contents: What the file holds.
        expected: The network's own tensors, of which only names, shapes and types are looked at.
        num_classes: That the network tells apart, for messages.
        paths: By our layers' names, what else a file may call them.
        key: Where in the file to look: one of its keys, or the beginning of its names. Needed
            where several networks lie in it.
        rename: By a layer's name in the file, the network's name for it, or None to leave it out;
            "order" pairs layers of one shape in the order of the file.

    Raises:
        CheckpointError: If the tensors do not fit the network, or could fit in more than one way.
    """
    dicts = spelled(_chosen(contents, key))
    fixed: set[str] = set()
    if isinstance(rename, Mapping):
        dicts, fixed = renamed(dicts, rename, contents.file)
    words = vocabularies(expected, paths or {})
    told = [*contents.told]
    fits = list(_by_prefix(dicts, words))
    right = _right(fits, expected) or _right(list(_mixed(dicts, words)), expected)
    if right:
        chosen, others = _choose(right, contents.file)
        told += _told(chosen, others, key)
    else:
        fits += _mixed(dicts, words)
        best = max(fits, key=lambda fit: (len(fit.names), not fit.aside), default=None)
        known = best is not None and all(name in best.names or is_count(name) for name in expected)
        by_order = rename == "order"
        pairs = None
        if not known:
            pairs = pair_layers(
                dicts,
                words[0],
                expected,
                contents,
                agreed=best.names if best else {},
                fixed=fixed,
                by_order=by_order,
            )
        if pairs is None:
            raise difference(best, dicts, expected, contents.file, num_classes)
        chosen = _Fit(pairs.where, "", pairs.names, dicts[pairs.where])
        told += pairs.told
    weights = _loaded(chosen, expected, contents.file)
    return Matched(weights, tuple(told))


def _chosen(contents: Contents, key: str | None) -> Mapping[str, Mapping[str, Stored]]:
    """The part of a file under a key, or behind a prefix."""
    if not key:
        return contents.dicts
    found: dict[str, dict[str, Stored]] = {}
    for where, tensors in contents.dicts.items():
        for name, value in tensors.items():
            whole = f"{where}.{name}" if where else name
            if where == key or where.startswith(f"{key}."):
                found.setdefault(where, {})[name] = value
            elif whole.startswith(f"{key}."):
                found.setdefault(key, {})[whole.removeprefix(f"{key}.")] = value
    if not found:
        firsts = dict.fromkeys(
            (where or name).split(".")[0]
            for where, tensors in contents.dicts.items()
            for name in tensors
        )
        raise CheckpointError(
            f"{contents.file} has nothing under --key {key}. It has: "
            f"{', '.join(map(plain, list(firsts)[:10]))}."
        )
    return found


def _by_prefix(
    dicts: Mapping[str, Mapping[str, Stored]], words: Sequence[Vocabulary]
) -> Iterator[_Fit]:
    """Every dictionary and prefix behind which names of the network stand."""
    for where, tensors in dicts.items():
        for vocabulary in words:
            prefixes: dict[str, dict[str, str]] = {}
            for name in tensors:
                for prefix, rest in cuts(name):
                    if rest in vocabulary:
                        prefixes.setdefault(prefix, {})[vocabulary[rest]] = name
            for prefix, names in prefixes.items():
                yield _Fit(where, prefix, names, tensors)


def _mixed(
    dicts: Mapping[str, Mapping[str, Stored]], words: Sequence[Vocabulary]
) -> Iterator[_Fit]:
    """Names behind prefixes of several kinds, as backbone. and head., on either side."""
    nested = {
        f"{where}.{name}" if where else name: value
        for where, tensors in dicts.items()
        for name, value in tensors.items()
    }
    for tensors in (*dicts.values(), nested):
        where = next((where for where, each in dicts.items() if each is tensors), "")
        for vocabulary in words:
            ends: dict[str, list[str]] = {}
            for name in tensors:
                rest = next((rest for _prefix, rest in cuts(name) if rest in vocabulary), None)
                if rest is not None:
                    ends.setdefault(vocabulary[rest], []).append(name)
            if all(len(names) == 1 for names in ends.values()):
                yield _Fit(where, "", {ours: names[0] for ours, names in ends.items()}, tensors)
            longer = {
                ours: next((rest for _prefix, rest in cuts(word) if rest in tensors), "")
                for word, ours in vocabulary.items()
            }
            names = {ours: theirs for ours, theirs in longer.items() if theirs}
            if len(set(names.values())) == len(names):
                yield _Fit(where, "", names, tensors)


def _right(fits: Sequence[_Fit], expected: Mapping[str, Tensor]) -> list[_Fit]:
    """Those that have every tensor of the network in its shape, and none that it has not."""
    full = [
        fit
        for fit in fits
        if all(
            ours in fit.names and fit.tensors[fit.names[ours]].shape == tuple(tensor.shape)
            for ours, tensor in expected.items()
            if ours in fit.names or not is_count(ours)
        )
    ]
    found: dict[frozenset[object], _Fit] = {}
    for fit in full:
        others = tuple(
            each.prefix
            for each in full
            if each.where == fit.where and len(each.prefix) > len(fit.prefix)
        )
        used = set(fit.names.values())
        left = [
            name.removeprefix(fit.prefix)
            for name in fit.tensors
            if name not in used and name.startswith(fit.prefix) and not name.startswith(others)
        ]
        if all(map(is_beside, left)):
            found.setdefault(fit.places, fit)
    return list(found.values())


def _choose(right: Sequence[_Fit], file: str) -> tuple[_Fit, list[_Fit]]:
    """The one to take, and those that would do as well."""
    first = [fit for fit in right if not fit.aside] or list(right)
    if len(first) > 1:
        labels = ", ".join(plain(fit.label) or "the top" for fit in first[:6])
        raise CheckpointError(
            f"{file} holds {len(first)} sets of weights that fit the network: {labels}. Say which "
            f"by --key, such as --key {plain(first[0].label or first[1].label)}."
        )
    return first[0], [fit for fit in right if fit is not first[0] and not fit.remembered]


def _told(chosen: _Fit, others: Sequence[_Fit], key: str | None) -> Iterator[str]:
    if others:
        labels = " or ".join(f"--key {plain(fit.label)}" for fit in others)
        yield (
            f"Its weights were taken from {plain(chosen.label) or 'the top of the file'}; "
            f"{labels} takes the others."
        )
    elif chosen.label and not key:
        yield f"Its weights were taken from {plain(chosen.label)}."
    if chosen.prefixes - {chosen.prefix}:
        prefixes = ", ".join(sorted(plain(each) for each in chosen.prefixes if each))
        yield f"Its names were taken without {prefixes}."
    used = set(chosen.names.values())
    behind = tuple(fit.prefix for fit in others if fit.where == chosen.where)
    left = [
        name
        for name in chosen.tensors
        if name not in used and not is_count(name) and not name.startswith(behind)
    ]
    if left:
        said = ", ".join(map(plain, left[:4])) + (f" and {len(left) - 4} more" * (len(left) > 4))
        yield f"Left out, since the network has no such layers: {said}."


def _loaded(fit: _Fit, expected: Mapping[str, Tensor], file: str) -> dict[str, Tensor]:
    weights: dict[str, Tensor] = {}
    for ours, tensor in expected.items():
        if ours not in fit.names:
            weights[ours] = torch.tensor(0)
            continue
        value = fit.tensors[fit.names[ours]].load()
        if tensor.is_floating_point() != value.is_floating_point() and not is_count(ours):
            raise CheckpointError(
                f"{file} holds {plain(fit.names[ours])} in {value.dtype}, as quantised "
                "networks do; save the network's weights as float32."
            )
        weights[ours] = value.to(torch.float32 if tensor.is_floating_point() else tensor.dtype)
    return {name: value.contiguous() for name, value in weights.items()}
