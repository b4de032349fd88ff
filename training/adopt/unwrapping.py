"""Somebody's module without what is wrapped around it and around its weights."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parallel import DataParallel, DistributedDataParallel
from torch.nn.utils import parametrize, prune
from torch.nn.utils.spectral_norm import SpectralNorm, remove_spectral_norm
from torch.nn.utils.weight_norm import WeightNorm, remove_weight_norm

from training.errors import WorkbenchError
from training.models.layer_kinds import KINDS


def unwrapped(module: nn.Module) -> tuple[nn.Module, list[str]]:
    """A copy in float32, in evaluation mode and with plain weights; what was taken off, in words.

    DataParallel and torch.compile are taken off; weights that are worked out anew before each pass
    (parametrisations, weight and spectral normalisation, pruning masks) become what they were
    worked out to; a subclass of one of torch's layers that computes the same becomes that layer.
    The module itself stays as it is.

    Raises:
        WorkbenchError: If it is TorchScript, or cannot be copied.
    """
    told: list[str] = []
    module = _inside(module, told)
    if any(isinstance(each, torch.jit.ScriptModule) for each in module.modules()):
        raise WorkbenchError(
            f"{getattr(module, 'original_name', type(module).__name__)} is TorchScript, which has "
            "its layers' code no more. Build the network from its Python class, give it the "
            "weights by load_state_dict(scripted.state_dict()), and import that."
        )
    copy = _copy(module).cpu().float().eval()
    for path, child in list(copy.named_modules()):
        if path and (inner := _inside(child, told)) is not child:
            copy.set_submodule(path, inner)
    baked = [path or type(copy).__name__ for path, each in copy.named_modules() if _bake(each)]
    if baked:
        told.append(
            "Weights that were worked out before each pass (normalised, pruned or parametrised) "
            f"are kept as they came out: {', '.join(baked[:4])}"
            + (f" and {len(baked) - 4} more." if len(baked) > 4 else ".")
        )
    for each in copy.modules():
        _as_torchs_own(each)
    return copy, told


def without_hooks(module: nn.Module) -> list[str]:
    """Take all hooks off; the paths of the modules that had some."""
    found = []
    for path, each in module.named_modules():
        hooks = [each._forward_hooks, each._forward_pre_hooks, each._backward_hooks]
        if any(hooks):
            found.append(path or type(module).__name__)
        for some in hooks:
            some.clear()
    return found


def _inside(module: nn.Module, told: list[str]) -> nn.Module:
    while True:
        inner: Any = None
        if isinstance(module, DataParallel | DistributedDataParallel):
            inner = module.module
        elif isinstance(getattr(module, "_orig_mod", None), nn.Module):  # torch.compile
            inner = module._orig_mod
        if inner is None:
            return module
        told.append(f"It was wrapped in {type(module).__name__}: the network inside is shown.")
        module = inner


def _copy(module: nn.Module) -> nn.Module:
    """A deep copy; tensors on the way from an earlier pass, which torch does not copy, detached."""
    memo = {
        id(value): value.detach().clone()
        for each in module.modules()
        for value in _tensors(vars(each))
        if not value.is_leaf
    }
    try:
        return deepcopy(module, memo)
    except Exception as error:  # whatever somebody keeps on a module
        raise WorkbenchError(
            f"{type(module).__name__} cannot be copied: {str(error).splitlines()[0]}. Take off it "
            "what is no layer and no number, such as an open file or a lock."
        ) from error


def _tensors(kept: Any) -> Iterator[Tensor]:
    if isinstance(kept, Tensor):
        yield kept
    elif isinstance(kept, dict):
        for value in kept.values():
            yield from _tensors(value)
    elif isinstance(kept, list | tuple):
        for value in kept:
            yield from _tensors(value)


def _bake(module: nn.Module) -> bool:
    """Make plain weights of those that hooks or parametrisations work out; whether there were."""
    found = False
    if parametrize.is_parametrized(module):
        # remove_parametrizations would take them off the original, too: it shares the class
        names = list(module.parametrizations)  # type: ignore[arg-type]
        values = {name: getattr(module, name).detach() for name in names}
        module.__class__ = type(module).__bases__[0]
        del module.parametrizations
        for name, value in values.items():
            module.register_parameter(name, nn.Parameter(value))
        found = True
    for hook in list(module._forward_pre_hooks.values()):
        if isinstance(hook, WeightNorm):
            remove_weight_norm(module, hook.name)
        elif isinstance(hook, SpectralNorm):
            remove_spectral_norm(module, hook.name)
        elif isinstance(hook, prune.BasePruningMethod):
            prune.remove(module, hook._tensor_name)
        else:
            continue
        found = True
    return found


def _as_torchs_own(module: nn.Module) -> None:
    """A subclass of a layer of torch's that computes nothing else is that layer."""
    module._compiled_call_impl = None
    for kind in KINDS.values():
        if not isinstance(module, kind) or type(module) is kind:
            continue
        steps = ("forward", "_conv_forward", "_check_input_dim", "__call__")
        if all(getattr(type(module), step, None) is getattr(kind, step, None) for step in steps):
            module.__class__ = kind
            return
