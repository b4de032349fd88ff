"""Functions that networks call between their modules, and the modules that do the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from torch import fx, nn

from training.adopt.on_cpu import CASTS

MOVES = (*CASTS, "requires_grad_", "pin_memory")
"""What leaves a tensor's numbers as they are, wherever it puts them."""

ALIASES = ("contiguous", "clone", "detach", *MOVES)
"""What leaves a tensor as it is."""

RESHAPES = ("flatten", "view", "reshape", "squeeze", "view_as", "reshape_as", "getitem")
"""What may turn maps into one row of numbers for each image."""

SPLITS = ("chunk", "split", "tensor_split", "split_with_sizes")
"""What gives some channels after others."""

OVER_MAPS = ("mean", "amax")
"""What may leave one number of each map."""

_NOT_A_CHOICE = ("training", "return_indices")


@dataclass(frozen=True)
class Twin:
    """The module that does what a function does."""

    kind: Callable[..., nn.Module]
    takes: tuple[str, ...] = ()  # the function's arguments after the input, as the module's

    def layer(self, node: fx.Node) -> nn.Module:
        """The module, with the arguments of a call."""
        given = arguments(node, ("input", *self.takes))
        choices = [name for name in self.takes if name in given and name not in _NOT_A_CHOICE]
        return self.kind(**{name: given[name] for name in choices})


def _clamp(min: float | None = None, max: float = inf) -> nn.Module:
    if max == inf and min == 0:
        return nn.ReLU()
    return nn.Hardtanh(-inf if min is None else min, max)


_POOL = ("kernel_size", "stride", "padding")

TWINS: dict[str, Twin] = {
    "relu": Twin(nn.ReLU),
    "relu6": Twin(nn.ReLU6),
    "leaky_relu": Twin(nn.LeakyReLU, ("negative_slope",)),
    "elu": Twin(nn.ELU, ("alpha",)),
    "selu": Twin(nn.SELU),
    "gelu": Twin(nn.GELU),
    "silu": Twin(nn.SiLU),
    "mish": Twin(nn.Mish),
    "hardswish": Twin(nn.Hardswish),
    "hardsigmoid": Twin(nn.Hardsigmoid),
    "clamp": Twin(_clamp, ("min", "max")),
    "clip": Twin(_clamp, ("min", "max")),
    "clamp_min": Twin(_clamp, ("min",)),
    "clamp_max": Twin(_clamp, ("max",)),
    "hardtanh": Twin(nn.Hardtanh, ("min_val", "max_val")),
    "softplus": Twin(nn.Softplus, ("beta", "threshold")),
    "tanh": Twin(nn.Tanh),
    "sigmoid": Twin(nn.Sigmoid),
    "softmax": Twin(nn.Softmax, ("dim",)),
    "log_softmax": Twin(nn.LogSoftmax, ("dim",)),
    "dropout": Twin(nn.Dropout, ("p", "training")),
    "dropout2d": Twin(nn.Dropout2d, ("p", "training")),
    "max_pool2d": Twin(nn.MaxPool2d, (*_POOL, "dilation", "ceil_mode", "return_indices")),
    "max_pool2d_with_indices": Twin(nn.MaxPool2d, (*_POOL, "dilation", "ceil_mode")),
    "avg_pool2d": Twin(
        nn.AvgPool2d, (*_POOL, "ceil_mode", "count_include_pad", "divisor_override")
    ),
    "adaptive_avg_pool2d": Twin(nn.AdaptiveAvgPool2d, ("output_size",)),
    "adaptive_max_pool2d": Twin(nn.AdaptiveMaxPool2d, ("output_size",)),
    "local_response_norm": Twin(nn.LocalResponseNorm, ("size", "alpha", "beta", "k")),
}
"""By the function's name: F.relu, torch.relu, x.relu() and, in place, x.relu_()."""


WEIGHTED = {"conv2d": ("stride", "padding", "dilation", "groups"), "linear": ()}
"""Functions that are given weights, with what they are told besides."""


_IN_PLACE = ("iadd", "isub", "imul", "itruediv")

_SIGNS = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "truediv": "/",
    "neg": "-",
    "iadd": "+=",
    "isub": "-=",
    "imul": "*=",
    "itruediv": "/=",
}


def word_of(node: fx.Node) -> str:
    """The name of what a node calls: relu, max_pool2d, add."""
    return str(getattr(node.target, "__name__", node.target))


def plain_word(node: fx.Node) -> str:
    """The same whether it writes over its argument or not: mul for x * 2, x.mul_(2) and x *= 2."""
    word = word_of(node)
    return word[1:] if word in _IN_PLACE else word.removesuffix("_")


def writes_over(node: fx.Node) -> bool:
    """Whether a function writes its result into its first argument: x.relu_(), x += 1."""
    word = word_of(node)
    return word.endswith("_") or word in _IN_PLACE or bool(node.kwargs.get("inplace"))


def label_of(node: fx.Node) -> str:
    """The same as it is written: F.relu, torch.cat, x.view, +."""
    word = word_of(node)
    if node.op == "call_method":
        return f"x.{word}"
    if word in _SIGNS and getattr(node.target, "__module__", "") == "_operator":
        return _SIGNS[word]
    functional = "nn" in str(getattr(node.target, "__module__", ""))
    return f"F.{word}" if functional else f"torch.{word}"


def arguments(node: fx.Node, names: Sequence[str]) -> dict[str, Any]:
    """A call's arguments by name, wherever they are given; without those left out or None."""
    given = dict(zip(names, node.args, strict=False)) | node.kwargs
    return {name: value for name, value in given.items() if value is not None}
