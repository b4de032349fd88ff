"""Activations that people write themselves, known by what they compute: x * sigmoid(x) is SiLU."""

from __future__ import annotations

import torch
from torch import Tensor, nn

LARGEST = 1e-5  # difference, of the largest number
KNOWN = (
    *(nn.ReLU(), nn.ReLU6(), nn.SiLU(), nn.Mish(), nn.GELU(), nn.GELU("tanh"), nn.Hardswish()),
    *(nn.Hardsigmoid(), nn.Tanh(), nn.Sigmoid(), nn.Softplus(), nn.SELU(), nn.ELU()),
    *(nn.LeakyReLU(slope) for slope in (0.01, 0.05, 0.1, 0.2, 0.3)),
)


def as_torchs_activations(network: nn.Module) -> list[str]:
    """Exchange modules of somebody's own class that compute a known activation; their paths."""
    found = []
    for path, module in list(network.named_modules()):
        own = type(module).__module__.partition(".")[0] != "torch"
        if not path or not own or any(True for _ in module.children()) or module.state_dict():
            continue
        known = _equal(module)
        if known is not None:
            network.set_submodule(path, known)
            found.append(path)
    return found


@torch.no_grad()
def _equal(module: nn.Module) -> nn.Module | None:
    maps = torch.linspace(-12, 12, 2 * 4 * 5 * 5).reshape(2, 4, 5, 5)
    try:
        theirs = module(maps.clone())
    except Exception:  # somebody else's code; what it is not, it need not tell
        return None
    if not isinstance(theirs, Tensor) or theirs.shape != maps.shape:
        return None
    for known in KNOWN:
        if (known(maps) - theirs).abs().max() <= LARGEST * theirs.abs().max():
            return type(known)(**_options(known))
    return None


def _options(known: nn.Module) -> dict[str, float | str]:
    names = ("negative_slope", "approximate")
    return {name: getattr(known, name) for name in names if hasattr(known, name)}
