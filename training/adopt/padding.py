"""Padding that stands before a convolution becomes the convolution's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import torch
from torch import fx, nn

from training.adopt.calls import Call
from training.adopt.functions import arguments
from training.errors import WorkbenchError

Mode = Literal["zeros", "reflect", "replicate", "circular"]
MODES: Mapping[str, Mode] = {
    "constant": "zeros",
    "reflect": "reflect",
    "replicate": "replicate",
    "circular": "circular",
}
MODULES: Mapping[type[nn.Module], Mode] = {
    nn.ZeroPad2d: "zeros",
    nn.ConstantPad2d: "zeros",
    nn.ReflectionPad2d: "reflect",
    nn.ReplicationPad2d: "replicate",
    nn.CircularPad2d: "circular",
}


class Pad(nn.Module):
    """Stands for padding in a trace; no network keeps one."""

    def __init__(self, sides: Sequence[int], mode: Mode | None, value: float = 0.0) -> None:
        super().__init__()
        self.left, self.right, self.top, self.bottom = (*sides, 0, 0, 0, 0)[:4]
        self.mode, self.value = mode, value


def pad_of_function(node: fx.Node) -> Pad:
    """F.pad(x, (left, right, top, bottom))."""
    given = arguments(node, ("input", "pad", "mode", "value"))
    mode = MODES.get(given.get("mode", "constant"))
    return Pad(given["pad"], mode, given.get("value", 0.0))


def pad_of_module(module: nn.Module) -> Pad | None:
    """The same of one of torch's modules; None for any other module."""
    mode = MODULES.get(type(module))
    known: Any = module
    return Pad(known.padding, mode, getattr(known, "value", 0.0)) if mode else None


def with_own_padding(calls: Sequence[Call], name: str) -> list[Call]:
    """The calls, in which the convolutions that read a `Pad` pad like that themselves.

    Those that pad one side more than the other, as `padding="same"` does with an even kernel, pad
    both sides as much, and their kernel gets as many zeros on the side that had less.

    Raises:
        WorkbenchError: If what reads it is no convolution, or one that cannot pad like that.
    """
    found = [_alike(call, same) if (same := _pad_of_same(call.module)) else call for call in calls]
    for number, call in enumerate(calls):
        pad = call.module
        if not isinstance(pad, Pad):
            continue
        readers = [place for place, each in enumerate(calls) if number in each.sources]
        for place in readers:
            found[place] = _padded(calls[place], pad, call, name)
    return found


def _pad_of_same(module: nn.Module) -> Pad | None:
    """What "same" is for an even kernel: torch puts the odd one on the right, and below."""
    if not isinstance(module, nn.Conv2d) or module.padding != "same":
        return None
    pairs = zip(module.dilation, module.kernel_size, strict=True)
    rows, cols = (step * (side - 1) for step, side in pairs)
    sides = (cols // 2, cols - cols // 2, rows // 2, rows - rows // 2)
    is_odd = rows % 2 or cols % 2
    return Pad(sides, "zeros") if is_odd and module.padding_mode == "zeros" else None


def _padded(call: Call, pad: Pad, where: Call, name: str) -> Call:
    conv, line = call.module, f" ({where.line})" if where.line else ""
    if not isinstance(conv, nn.Conv2d):
        raise WorkbenchError(
            f"{name} pads{line} what {type(conv).__name__} reads; only a convolution can be told "
            "to pad here. Give the layer itself padding=, or pad before a convolution."
        )
    if pad.value or not pad.mode or _pads(conv):
        raise WorkbenchError(
            f"{name} pads in a way{line} that its convolution cannot do alone: with a number other "
            "than 0, or twice. Give the convolution padding= and padding_mode=."
        )
    is_alike = (pad.left, pad.top) == (pad.right, pad.bottom)
    gaps = pad.right - pad.left, pad.bottom - pad.top
    steps = conv.dilation[1], conv.dilation[0]
    fits = pad.mode == "zeros" and not any(
        gap % step for gap, step in zip(gaps, steps, strict=True)
    )
    if min(pad.left, pad.right, pad.top, pad.bottom) < 0 or not (is_alike or fits):
        raise WorkbenchError(
            f"{name} pads one side more than the other{line}: left {pad.left}, right {pad.right}, "
            f"top {pad.top}, bottom {pad.bottom}. Layers here pad both sides alike."
        )
    return _alike(call, pad)


def _alike(call: Call, pad: Pad) -> Call:
    """A convolution that pads both sides by the larger number, and what widens its kernel."""
    conv: Any = call.module
    down, across = conv.dilation
    left, right = (max(gap, 0) // across for gap in (pad.right - pad.left, pad.left - pad.right))
    above, below = (max(gap, 0) // down for gap in (pad.bottom - pad.top, pad.top - pad.bottom))
    rows, cols = conv.kernel_size
    with torch.device("meta"):
        module = nn.Conv2d(
            conv.in_channels,
            conv.out_channels,
            (rows + above + below, cols + left + right),
            conv.stride,
            (max(pad.top, pad.bottom), max(pad.left, pad.right)),
            conv.dilation,
            conv.groups,
            conv.bias is not None,
            pad.mode or "zeros",
        )
    return replace(call, module=module, widened=(left, right, above, below))


def _pads(conv: nn.Conv2d) -> bool:
    return conv.padding == "same" or (conv.padding != "valid" and any(map(int, conv.padding)))
