"""Layers of a file and of a network whose names differ, paired by their shapes where these tell."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from training.adopt.weights.file_kinds import plain
from training.adopt.weights.spelling import Vocabulary, is_beside, is_count
from training.adopt.weights.stored import Contents, Stored
from training.checkpoints import CheckpointError

SHOWN = 12  # pairs in a message

Shapes = frozenset[tuple[str, tuple[int, ...]]]
"""What a layer holds: weight (8, 3, 3, 3), bias (8,)."""


@dataclass(frozen=True)
class Pairs:
    """Which tensor of a file is which of a network's."""

    where: str  # keys that lead to the file's dictionary
    names: Mapping[str, str]  # by the network's name, the file's
    told: tuple[str, ...]


def pair_layers(
    dicts: Mapping[str, Mapping[str, Stored]],
    vocabulary: Vocabulary,
    expected: Mapping[str, Tensor],
    contents: Contents,
    *,
    agreed: Mapping[str, str],
    fixed: set[str],
    by_order: bool,
) -> Pairs | None:
    """Pairs of layers with the same shapes, or None if there is no such dictionary in the file.

    Args:
        dicts: The file's tensors, by the keys that lead to them.
        vocabulary: The network's names.
        expected: The network's tensors.
        contents: The file, for messages.
        agreed: Tensors of the network whose names are found in the file, by ours.
        fixed: Names of layers that somebody gave, and that are right therefore.
        by_order: Pair layers of one shape in the order of the file.

    Raises:
        CheckpointError: If layers of one shape could be exchanged.
    """
    ours = layers({name: tuple(expected[own].shape) for name, own in vocabulary.items()})
    alike = {
        where: theirs
        for where, tensors in dicts.items()
        if Counter((theirs := layers(shapes_of(tensors))).values()) == Counter(ours.values())
    }
    if not alike:
        return None
    if len(alike) > 1:
        raise CheckpointError(
            f"{contents.file} holds {len(alike)} sets of weights with the network's shapes: "
            f"{', '.join(map(plain, alike))}. Say which by --key."
        )
    ((where, theirs),) = alike.items()
    known = {
        name: name for name, shapes in ours.items() if name in fixed and theirs.get(name) == shapes
    }
    known |= _agreeing(ours, theirs, agreed, known)
    unclear: dict[str, str] = {}
    pairs = dict(known)
    for shapes in dict.fromkeys(ours.values()):
        left = [name for name, each in ours.items() if each == shapes and name not in known]
        taken = known.values()
        right = [name for name, each in theirs.items() if each == shapes and name not in taken]
        if not contents.ordered:
            right.sort(key=_natural)
        pairs |= zip(left, right, strict=True)
        if len(left) > 1:
            unclear |= zip(left, right, strict=True)
    if unclear and not (by_order and contents.ordered):
        raise _ambiguous(unclear, contents, by_order)
    names: dict[str, str] = {}
    for spelling, own in vocabulary.items():
        layer, _dot, kind = spelling.rpartition(".")
        theirs_name = _whole(pairs[layer], kind) if layer in pairs else ""
        if theirs_name in dicts[where]:  # old files lack counts
            names[own] = theirs_name
    return Pairs(where, names, (_said(pairs, contents, by_order=bool(unclear)),))


def _agreeing(
    ours: Mapping[str, Shapes],
    theirs: Mapping[str, Shapes],
    agreed: Mapping[str, str],
    known: Mapping[str, str],
) -> dict[str, str]:
    """Layers whose names agree, if all others are told apart by shapes that no layer has twice.

    Else names say nothing: conv0 to conv3 of a file may be conv1 to conv4 of a network, and three
    of these names are in both.
    """
    same: dict[str, str] = {}
    for mine, its in agreed.items():
        layer, other = mine.rpartition(".")[0], its.rpartition(".")[0]
        if ours.get(layer) == theirs.get(other):
            same[layer] = other
    many = Counter(shapes for layer, shapes in ours.items() if layer not in known)
    others = [shapes for layer, shapes in ours.items() if layer not in same | dict(known)]
    clear = len(set(same.values())) == len(same) and all(many[shapes] == 1 for shapes in others)
    return same if clear else {}


def _whole(layer: str, kind: str) -> str:
    return f"{layer}.{kind}" if layer else kind


def shapes_of(tensors: Mapping[str, Stored]) -> dict[str, tuple[int, ...]]:
    """By name, without what belongs to training."""
    return {name: value.shape for name, value in tensors.items() if not is_beside(name)}


def layers(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Shapes]:
    """What each layer holds, without counts, which old files lack."""
    found: dict[str, set[tuple[str, tuple[int, ...]]]] = {}
    for name, shape in shapes.items():
        layer, _dot, kind = name.rpartition(".")
        if not is_count(name):
            found.setdefault(layer, set()).add((kind, shape))
    return {layer: frozenset(parts) for layer, parts in found.items()}


def _ambiguous(unclear: Mapping[str, str], contents: Contents, by_order: bool) -> CheckpointError:
    some = dict(list(unclear.items())[:SHOWN])
    more = f" and {len(unclear) - SHOWN} more" * (len(unclear) > SHOWN)
    rename = plain(json.dumps(_short(unclear), ensure_ascii=False), 600)
    begin = (
        f"{contents.file} has other names than the network for layers of one shape, which could "
        "be exchanged. "
    )
    if contents.ordered:
        pairs = ", ".join(f"{plain(ours)} ← {plain(theirs)}" for ours, theirs in some.items())
        return CheckpointError(
            f"{begin}In the order of the file they would be {pairs}{more}. If that is right, give "
            f"--rename order; if not, say which is which: --rename '{rename}'."
        )
    ours, theirs = (", ".join(map(plain, names)) for names in (some, some.values()))
    nothing = "--rename order says nothing here: " * by_order
    return CheckpointError(
        f"{begin}{nothing}safetensors keeps no order. The network has {ours}{more}, the file "
        f"{theirs}{more}. Say which is which, such as --rename '{rename}'."
    )


def _natural(name: str) -> list[tuple[int, str]]:
    """layer10 after layer9."""
    parts = re.split(r"(\d+)", name)
    return [(int(part), "") if part.isdecimal() else (0, part) for part in parts]


def _short(pairs: Mapping[str, str]) -> dict[str, str]:
    """By the file's names the network's, without the ends that they share: stage1 for layer1."""
    short: dict[str, str] = {}
    for ours, theirs in pairs.items():
        new, old = ours.split("."), theirs.split(".")
        while len(new) > 1 and len(old) > 1 and new[-1] == old[-1]:
            new, old = new[:-1], old[:-1]
        if short.setdefault(".".join(old), ".".join(new)) != ".".join(new):
            return {theirs: ours for ours, theirs in list(pairs.items())[:SHOWN]}
    return dict(list(short.items())[:SHOWN])


def _said(pairs: Mapping[str, str], contents: Contents, *, by_order: bool) -> str:
    new = [f"{plain(ours)} ← {plain(theirs)}" for ours, theirs in pairs.items() if ours != theirs]
    more = f" and {len(new) - SHOWN} more" * (len(new) > SHOWN)
    how = (
        "by their shapes and, as you said, in the order of the file"
        if by_order
        else "by their shapes, which no other layer has"
    )
    return (
        f"{contents.file} has other names for some layers; they were paired {how}: "
        f"{', '.join(new[:SHOWN])}{more}."
    )
