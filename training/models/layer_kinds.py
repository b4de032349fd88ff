"""The layers that a network may be described by: kinds and options, which are plain data."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cache
from math import isfinite
from typing import Any

from torch import nn

from training.errors import WorkbenchError
from training.models.channel_softmax import ChannelSoftmax
from training.models.merge import Add, Concat, Slice
from training.models.response_norm import ResponseNorm
from training.models.scale import Scale

KINDS: dict[str, type[nn.Module]] = {
    kind.__name__: kind
    for kind in (
        nn.Conv2d,
        nn.Linear,
        nn.BatchNorm2d,
        nn.BatchNorm1d,
        nn.GroupNorm,
        ResponseNorm,
        Scale,
        nn.MaxPool2d,
        nn.AvgPool2d,
        nn.AdaptiveAvgPool2d,
        nn.AdaptiveMaxPool2d,
        nn.ReLU,
        nn.ReLU6,
        nn.LeakyReLU,
        nn.PReLU,
        nn.ELU,
        nn.SELU,
        nn.GELU,
        nn.SiLU,
        nn.Mish,
        nn.Hardswish,
        nn.Hardsigmoid,
        nn.Hardtanh,
        nn.Softplus,
        nn.Tanh,
        nn.Sigmoid,
        ChannelSoftmax,
        nn.Dropout,
        nn.Dropout2d,
        nn.Flatten,
        nn.Identity,
        Add,
        Concat,
        Slice,
    )
}
"""Building one runs nothing but torch's own code."""

Options = dict[str, Any]
_NO_CHOICE = ("device", "dtype", "inplace", "return_indices", "min_value", "max_value")
_ANY = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
_LONGEST = 8  # numbers in an option


def described(layer: nn.Module) -> tuple[str, Options]:
    """A layer's kind and the options that differ from that kind's own.

    Raises:
        WorkbenchError: If it is none of `KINDS`, or a changed one.
    """
    kind = type(layer).__name__
    if KINDS.get(kind) is not type(layer):
        raise WorkbenchError(
            f"there is no layer here for a {type(layer).__name__}. Known are: {', '.join(KINDS)}."
        )
    options = {}
    for name, usual in _choices(kind).items():
        value = _option(layer, name)
        if value != usual:
            options[name] = value
    return kind, options


def _option(layer: nn.Module, name: str) -> Any:
    value = getattr(layer, name)
    if name == "bias":  # a normalisation without weights has none in any case
        return value is not None or not getattr(layer, "affine", True)
    if name == "num_parameters":
        return int(value)
    if name == "padding" and isinstance(value, str):  # "same" or "valid"
        spread = zip(layer.dilation, layer.kernel_size, strict=True)  # type: ignore[arg-type]
        value = tuple(step * (side - 1) // 2 if value == "same" else 0 for step, side in spread)
    if isinstance(value, tuple):
        return value[0] if len(set(value)) == 1 else list(value)
    return value


def made(kind: str, options: Mapping[str, Any]) -> nn.Module:
    """The layer that a kind and options describe; they come from a file and are not trusted.

    Raises:
        WorkbenchError: If there is no such kind or option, or the values make no layer.
    """
    if kind not in KINDS:
        raise WorkbenchError(f"unknown kind of layer {kind!r}. Known are: {', '.join(KINDS)}.")
    known = _choices(kind)
    for name, value in options.items():
        if name not in known:
            raise WorkbenchError(f"{kind} has no option {name!r}. It has: {', '.join(known)}.")
        if not _plain(value):
            raise WorkbenchError(f"{kind} cannot have {name} {value!r:.60}: give a number.")
    settled = {name: tuple(v) if isinstance(v, list) else v for name, v in options.items()}
    build: Callable[..., nn.Module] = KINDS[kind]
    try:
        return build(**settled)
    except (TypeError, ValueError, RuntimeError, ArithmeticError, AssertionError) as error:
        raise WorkbenchError(f"{kind} cannot be made of {dict(options)}: {error}.") from error


def _plain(value: Any) -> bool:
    """Whether JSON's value may be an option: a number, a word, or a few numbers."""
    if isinstance(value, list):
        return len(value) <= _LONGEST and all(type(each) is int for each in value)
    if isinstance(value, int | float):
        return isfinite(value)
    return value is None or isinstance(value, str)


@cache
def _choices(kind: str) -> Options:
    """What a layer of that kind can be told, with what it is otherwise."""
    return {
        name: parameter.default
        for name, parameter in inspect.signature(KINDS[kind]).parameters.items()
        if name not in _NO_CHOICE and parameter.kind not in _ANY
    }
