"""In what a file of weights differs from a network, in words."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Protocol

from torch import Tensor

from training.adopt.weights.file_kinds import plain
from training.adopt.weights.pairing import Shapes, layers, shapes_of
from training.adopt.weights.spelling import is_beside, is_count
from training.adopt.weights.stored import Stored
from training.checkpoints import CheckpointError

_REMEMBERED = {  # by torch's optimisers
    *("step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq", "exp_inf", "momentum_buffer"),
    *("square_avg", "acc_delta", "grad_avg", "sum", "prev"),
}


class Fit(Protocol):
    """A way to read a network's tensors out of a file, as far as it goes."""

    @property
    def prefix(self) -> str: ...
    @property
    def names(self) -> Mapping[str, str]: ...
    @property
    def tensors(self) -> Mapping[str, Stored]: ...


def difference(
    fit: Fit | None,
    dicts: Mapping[str, Mapping[str, Stored]],
    expected: Mapping[str, Tensor],
    file: str,
    num_classes: int,
) -> CheckpointError:
    """Why a file does not fit, by the reading of it that comes nearest."""
    tensors = fit.tensors if fit else max(dicts.values(), key=len)
    names, prefix = (fit.names, fit.prefix) if fit else ({}, "")
    missing = [name for name in expected if name not in names and not is_count(name)]
    used = set(names.values())
    extra = [
        name.removeprefix(prefix)
        for name in tensors
        if name not in used and name.startswith(prefix) and not is_beside(name.removeprefix(prefix))
    ]
    head = _other_head(tensors, expected, num_classes)
    if head is not None:
        count, shapes = head
        many = f"{count} class{'es' * (count != 1)}"
        return CheckpointError(
            f"{file} tells {many} apart, but {num_classes} are named by --classes: {shapes}. Give "
            f"--classes a file with the names of those {count}, or their number."
        )
    if {name.rpartition(".")[2] for name in tensors} <= _REMEMBERED:
        return CheckpointError(
            f"{file} holds what an optimiser remembers and no weights. Give the file of weights "
            "that was saved beside it."
        )
    if missing or extra:
        way = _way(missing, extra) or _other_shape(missing, extra, tensors, expected)
        return CheckpointError(
            f"{file} belongs to another network: it {_lacks(missing, extra)}.{way}"
        )
    ours, found, wanted = next(
        (name, shape, tuple(tensor.shape))
        for name, tensor in expected.items()
        if name in names and (shape := tensors[names[name]].shape) != tuple(tensor.shape)
    )
    turned = len(found) > 1 and sorted(found) == sorted(wanted)
    axes = " Its axes are in another order, as other libraries have them." if turned else ""
    return CheckpointError(
        f"{file} belongs to another network: {ours} is {found}, expected {wanted}.{axes}"
    )


def _other_head(
    tensors: Mapping[str, Stored], expected: Mapping[str, Tensor], num_classes: int
) -> tuple[int, str] | None:
    """How many classes a file has that fits but for them, and the shapes that say so."""
    ours = layers({name: tuple(value.shape) for name, value in expected.items()})
    theirs = layers(shapes_of(tensors))
    left, right = Counter(ours.values()), Counter(theirs.values())
    wanted, found = list((left - right).elements()), list((right - left).elements())
    if len(wanted) != len(found) or not wanted:
        return None
    counts = {shape[0] for layer in found for _kind, shape in layer if shape}
    heads = all(
        {(kind, shape[1:]) for kind, shape in one} == {(kind, shape[1:]) for kind, shape in other}
        and all(shape[:1] == (num_classes,) for _kind, shape in one)
        for one, other in zip(sorted(wanted, key=_rest), sorted(found, key=_rest), strict=True)
    )
    if not heads or len(counts) != 1:
        return None
    (count,) = counts
    layer = next(name for name, parts in ours.items() if parts == wanted[0])
    shape = dict(wanted[0]).get("weight", (num_classes,))
    return count, f"{layer}.weight is {(count, *shape[1:])}, expected {shape}"


def _rest(layer: Shapes) -> list[tuple[str, tuple[int, ...]]]:
    return sorted((kind, shape[1:]) for kind, shape in layer)


def _lacks(missing: Sequence[str], extra: Sequence[str]) -> str:
    parts = [f"lacks {_some(missing)}"] * bool(missing)
    parts += [f"has {_some(extra)}, which the network has not"] * bool(extra)
    return " and ".join(parts)


def _some(names: Sequence[str]) -> str:
    return ", ".join(map(plain, names[:3])) + (f" and {len(names) - 3} more" * (len(names) > 3))


def _way(missing: Sequence[str], extra: Sequence[str]) -> str:
    """What to do, where the names tell how the difference came about."""
    kinds = set(map(_kind, extra))
    if "weight_mask" in kinds:
        return " It was pruned: save it after torch.nn.utils.prune.remove(layer, 'weight')."
    if kinds & {"weight_g", "weight_v", "weight_u", "original0", "original1"}:
        return (
            " Its weights are normalised: save it after torch.nn.utils.remove_weight_norm(layer) "
            "or parametrize.remove_parametrizations(layer, 'weight')."
        )
    if missing and all(re.search(r"running_(mean|var)$", name) for name in missing):
        return (
            " These are the statistics of batch normalisation, without which it answers otherwise: "
            "save model.state_dict(), not its parameters alone."
        )
    if extra and not missing:
        return f" --rename '{{\"{plain(_layer(extra[0]))}\": null}}' leaves that out."
    return ""


def _other_shape(
    missing: Sequence[str],
    extra: Sequence[str],
    tensors: Mapping[str, Stored],
    expected: Mapping[str, Tensor],
) -> str:
    """A shape that the file has not, or else how to say that layers only have other names."""
    there = {value.shape for value in tensors.values()}
    for name in missing:
        shape = tuple(expected[name].shape)
        if shape not in there:
            return f" Nothing in it has the shape of {name}, {shape}."
    if not missing or not extra:
        return ""
    theirs, ours = extra[0], missing[0]
    if _kind(theirs) == _kind(ours) and _layer(theirs) != _layer(ours):
        theirs, ours = _layer(theirs), _layer(ours)
    names = json.dumps({plain(theirs): plain(ours)}, ensure_ascii=False)
    return f" If layers only have other names, say which is which: --rename '{names}'."


def _layer(name: str) -> str:
    return name.rpartition(".")[0] or name


def _kind(name: str) -> str:
    return name.rpartition(".")[2]
