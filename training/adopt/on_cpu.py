"""Somebody else's code on the CPU in single precision, whatever devices and types it asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

CASTS = ("half", "bfloat16", "double", "float", "cuda", "cpu", "to", "type", "type_as", "xpu")
"""Methods that take a tensor to another type or device."""

_HALVES = (torch.float16, torch.bfloat16)
_MOVES = (*CASTS, "requires_grad_", "pin_memory", "share_memory_")


class OnCpu(TorchFunctionMode):
    """While it lasts, floating-point tensors stay where and what they are.

    `.to(device)`, `.cuda()`, `.half()`, `.type(torch.FloatTensor)` give the tensor itself, what is
    made for a device is made for the CPU, and autocast casts nothing. Whole numbers and conditions
    are cast as ever.
    """

    def __init__(self) -> None:
        super().__init__()
        self.is_halved = False  # whether half precision was asked for

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """What a call gives here."""
        given = dict(kwargs or {})
        name = getattr(func, "__name__", "")
        first = args[0] if args else None
        if name == "backward" and isinstance(first, Tensor):
            raise StartsTraining
        if name in _MOVES and isinstance(first, Tensor) and stays(name, first, args[1:], given):
            self.is_halved = self.is_halved or _asks_for_half(name, args[1:], given)
            return first
        if given.get("device") is not None and torch.device(given["device"]).type != "meta":
            given["device"] = "cpu"
        if torch.is_autocast_enabled("cpu") or torch.is_autocast_enabled("cuda"):
            self.is_halved = True
        with torch._C._DisableAutocast():
            return func(*args, **given)


class StartsTraining(Exception):
    """A backward pass is begun in code that only had to be read."""


def stays(name: str, tensor: Tensor, args: Sequence[Any], kwargs: Mapping[str, Any]) -> bool:
    """Whether a cast leaves a tensor as it is here: all do but those to whole numbers and back."""
    if not tensor.is_floating_point() or (name == "type" and not args and not kwargs):
        return False
    return all(_is_floating(each) for each in (*args, *kwargs.values()))


def _is_floating(wanted: Any) -> bool:
    """Whether what a cast was told names no type of whole numbers, or conditions."""
    if isinstance(wanted, str | torch.device) and str(wanted) == "meta":
        return False  # no device, but tensors without numbers
    if isinstance(wanted, Tensor):
        return wanted.is_floating_point()
    if isinstance(wanted, torch.dtype):
        return wanted.is_floating_point
    name = wanted if isinstance(wanted, str) else getattr(wanted, "__name__", "")
    return not any(kind in name for kind in ("Int", "Long", "Short", "Char", "Byte", "Bool"))


def _asks_for_half(name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> bool:
    types = (each for each in (*args, *kwargs.values()) if isinstance(each, torch.dtype))
    return name in ("half", "bfloat16") or any(each in _HALVES for each in types)
