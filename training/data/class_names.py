"""Which output of a network stands for which class of a data set: by name, never by order.

This is the one place that decides it, when the data of a run are opened; from then on a label is
the index of an output. Names are compared as people write them: exactly, then without case, spaces
and underscores, then by their first synonym, then without a code in front (`n01440764 tench`).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from training.data.source import listing
from training.data.store import Data, Split

_CODE = re.compile(r"(?:n\d{8}|\d+)")  # a wnid or a number
_AHEAD = re.compile(r"(?:n\d{8}|\d+)[\s.:,_-]+(?=\S)")
_FOLDER = re.compile(r"\s*\([^()]*\)$")  # crane (n02012849): told apart from its namesake


def plain(name: str) -> str:
    """A name without case, spaces, underscores and hyphens, in one Unicode form."""
    return re.sub(r"[\s_-]+", "", unicodedata.normalize("NFKC", name).casefold())


def _wnid(name: str) -> str:
    found = re.match(r"n\d{8}", name)
    return found[0] if found else ""


_LEVELS: tuple[Callable[[str], str], ...] = (
    lambda name: name,
    plain,
    lambda name: plain(name.partition(",")[0]),
    lambda name: plain(_AHEAD.sub("", name.partition(",")[0])),
    _wnid,
)
"""Ever looser ways to write a name; the first by which just one of each side is alike counts."""


def outputs_of(
    classes: Sequence[str], network: Sequence[str], folders: Sequence[str] = ()
) -> list[int | None]:
    """For each class of a data set the output of its name; None where there is no or no sure one.

    Args:
        classes: Names of the data set's classes.
        network: Names of the network's, by output.
        folders: What the data set's class folders are called, if otherwise.
    """
    found: list[int | None] = [None] * len(classes)
    for level in _LEVELS:
        for names in (classes, folders):
            _match(found, names, network, level)
    missing = [row for row, output in enumerate(found) if output is None]
    if all(output in (row, None) for row, output in enumerate(found)):
        # namesakes, such as ImageNet's two cranes: where all else stands in place, so do they
        for row in missing:
            if row < len(network) and plain(_FOLDER.sub("", classes[row])) == plain(network[row]):
                found[row] = row
    return found


def _match(
    found: list[int | None],
    classes: Sequence[str],
    network: Sequence[str],
    level: Callable[[str], str],
) -> None:
    taken = set(found)
    free = {level(name): output for output, name in enumerate(network) if output not in taken}
    left = [(row, level(name)) for row, name in enumerate(classes) if found[row] is None]
    theirs = Counter(level(name) for name in network)
    ours = Counter(level(name) for name in classes)
    for row, key in left:
        if key and key in free and theirs[key] == ours[key] == 1:
            found[row] = free[key]


def are_named(classes: Sequence[str]) -> bool:
    """Whether classes have names: neither counted through nor called by codes."""
    numbered = all(name == f"class {index}" for index, name in enumerate(classes))
    return not numbered and not all(_CODE.fullmatch(name) for name in classes)


def counted_as(network: Sequence[str], data: Data) -> Data:
    """A data set whose labels are the outputs of a network, as far as their classes are the same.

    Classes that the network does not know come after its own; without a common name the data set
    stays as it is and says in `foreign` why. Where one side has no names, order is all there is,
    and `told` says so.

    Args:
        network: Names of the network's classes, by output.
        data: The data set as it lies on the disk.
    """
    if data.classes == tuple(network):
        return data
    outputs = outputs_of(data.classes, network, data.folders)
    if all(output is None for output in outputs):
        return _by_order(network, data)
    unknown = [row for row, output in enumerate(outputs) if output is None]
    label_of = np.array(outputs, dtype=object)
    label_of[unknown] = len(network) + np.arange(len(unknown))
    labels = label_of.astype(np.int64)
    classes = (*network, *(data.classes[row] for row in unknown))
    if (labels == np.arange(len(labels))).all():
        return replace(data, classes=classes, told=_said(network, data, outputs))
    order = hashlib.sha256(labels.tobytes()).hexdigest()[:12]
    return replace(
        data,
        classes=classes,
        fingerprint=f"{data.fingerprint}-{order}",  # results for other labels are no longer right
        train=_relabelled(data.train, labels),
        val=_relabelled(data.val, labels),
        told=_said(network, data, outputs),
    )


def _relabelled(split: Split, labels: np.ndarray) -> Split:
    return replace(split, labels=labels[split.labels])


def _by_order(network: Sequence[str], data: Data) -> Data:
    ours, theirs = len(network), len(data.classes)
    if are_named(network) and are_named(data.classes):
        return replace(
            data,
            foreign=f"The network's {ours:,} classes ({listing(network)}) and the {theirs:,} of "
            f"{data.spec} ({listing(data.classes)}) have no name in common: none of its answers "
            "could be right or wrong. Give the data set the network's names in classes.csv, a line "
            "`folder,name` each, or import the network with --data of its own classes.",
        )
    if ours != theirs:
        return replace(
            data,
            foreign=f"The network tells {ours:,} classes apart and {data.spec} has {theirs:,}: "
            "none of its answers could be right or wrong. Import it with --data of its own "
            "classes.",
        )
    pairs = [f"{name} = {output}" for name, output in zip(data.classes, network, strict=True)]
    return replace(
        data,
        told="Without names on both sides, the data set's classes are taken for the network's in "
        f"their order: {listing(pairs)}. Import the network with --classes FILE to have them go "
        "by name.",
    )


def _said(network: Sequence[str], data: Data, outputs: Sequence[int | None]) -> str:
    known = [output for output in outputs if output is not None]
    unknown = [name for name, at in zip(data.classes, outputs, strict=True) if at is None]
    rows = [row for row, output in enumerate(outputs) if output is None]
    written = f"{len(known):,} of the data set's {len(outputs):,} classes are found by name among "
    sentences = [f"{written}the network's {len(network):,}."]
    if known != sorted(known):
        sentences.append("Both count them in another order.")
    if unknown:
        left_out = int(np.isin(data.val.labels, rows).sum())
        sentences.append(
            f"The network does not know {listing(unknown)}: {left_out:,} of "
            f"{len(data.val.labels):,} validation images are left out where its answers are "
            "counted."
        )
    return " ".join(sentences)
