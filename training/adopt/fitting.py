"""The network that a file's weights fit: with an output for each class, or one number for two."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from training.adopt.weights.matching import Matched, Rename, match
from training.adopt.weights.stored import Contents
from training.checkpoints import CheckpointError
from training.errors import WorkbenchError
from training.outputs import BINARY, OutputsName


@dataclass(frozen=True)
class Where:
    """Where in a file a network's tensors lie, as `match` takes it."""

    key: str | None = None
    rename: Rename | None = None
    paths: Mapping[str, str] | None = None


Built = TypeVar("Built", bound=nn.Module)


def fitted(
    contents: Contents,
    build: Callable[[int], Built],
    count: int | None,
    given: OutputsName | None,
    where: Where,
) -> tuple[Built, Matched]:
    """The network of so many classes, or of one number where the file has that, and its weights.

    Args:
        contents: What the file holds.
        build: Makes the network, with so many outputs.
        count: Classes that are named; None where none are, and the file says how many there are.
        given: What its owner says of its outputs; nothing else is tried then.
        where: Where the tensors lie.

    Raises:
        CheckpointError: If the tensors of the file are not those of the network.
    """

    def tried(outputs: int) -> tuple[Built, Matched]:
        network = build(outputs)
        expected = network.state_dict()
        return network, match(
            contents,
            expected,
            num_classes=outputs,
            paths=where.paths,
            key=where.key,
            rename=where.rename,
        )

    if count is None:
        return _first_that_fits(tried, _counts(contents) if given != BINARY.name else [1])
    try:
        return tried(1 if given == BINARY.name else count)
    except CheckpointError:
        if given is None and count > 1:
            with suppress(WorkbenchError):
                return tried(1)
        raise


def _first_that_fits(
    tried: Callable[[int], tuple[Built, Matched]], counts: list[int]
) -> tuple[Built, Matched]:
    """The network of the first number of outputs with which the file's tensors are its own."""
    first, *others = counts
    try:
        return tried(first)
    except CheckpointError:
        for count in others:
            with suppress(CheckpointError):
                return tried(count)
        raise


def _counts(contents: Contents) -> list[int]:
    """How many outputs the file's network may have, the likeliest first: what its tensors begin
    with, those of fully connected layers before others, and the last one first."""
    stored = [one.shape for tensors in contents.dicts.values() for one in tensors.values()]
    weights = [shape for shape in reversed(stored) if shape]
    full = [shape for shape in weights if len(shape) == 2]
    return list(dict.fromkeys(shape[0] for shape in (*full, *weights) if shape[0])) or [1]


def initialised(module: nn.Module, image_size: int) -> nn.Module:
    """A network whose lazy layers know their shapes, which a first image tells them.

    Args:
        module: Put into evaluation mode, if it has such layers.
        image_size: Side of that image, px.

    Raises:
        WorkbenchError: If it takes neither colours nor the channels of its first convolution.
    """
    if not any(map(is_lazy, module.state_dict().values())):
        return module
    from training.adopt.users_lines import reason, where_raised

    first = next((each for each in module.modules() if isinstance(each, nn.Conv2d)), None)
    *others, last = dict.fromkeys((3, first.in_channels or 3 if first else 3))
    for channels in (*others, last):
        try:
            with torch.no_grad():
                module.eval()(torch.zeros(2, channels, image_size, image_size))
            break
        except Exception as error:  # somebody else's code runs here and may raise anything
            if channels == last:
                raise WorkbenchError(
                    f"{type(module).__name__} has lazy layers and fails on a first image of "
                    f"{image_size} px: {reason(error)}{where_raised(error)}."
                ) from error
    return module
