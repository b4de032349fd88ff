"""Norms and activations that people write themselves, known by what they compute, not by name.

A module of somebody's own class without weights is run on chosen maps, and torch's layer that gives
the same takes its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import permutations, product
from typing import Any

import torch
from torch import Tensor, nn

CHANNELS = 24  # more than any window of a norm, so that its ends and its middle are seen
USUAL = (1.0, 2.0, 0.75, 1e-4)  # of a response norm: k of torch and of the paper, beta, alpha
LARGEST_WINDOW, MOST_NUMBERS = 15, 5

SAME = 1e-5  # difference of activations, of the largest number
RANGES = (12.0, 1e3, 1e5)  # of numbers tried: one that is cut off at 20 is no plain ReLU
ACTIVATIONS = (
    *(nn.ReLU(), nn.ReLU6(), nn.SiLU(), nn.Mish(), nn.GELU(), nn.GELU("tanh"), nn.Hardswish()),
    *(nn.Hardsigmoid(), nn.Tanh(), nn.Sigmoid(), nn.Softplus(), nn.SELU(), nn.ELU()),
    *(nn.LeakyReLU(slope) for slope in (0.01, 0.05, 0.1, 0.2, 0.3)),
)


def as_torchs_norms(network: nn.Module) -> list[str]:
    """Exchange modules that compute local response normalisation for torch's; their paths.

    Compared is every normalisation that a module's own numbers could mean: those are kept as
    attributes under a dozen names, and alpha may be meant with or without the division by the
    window.
    """
    return _exchanged(network, _equal_norm)


def as_torchs_activations(network: nn.Module) -> list[str]:
    """Exchange modules that compute a known activation, as x * sigmoid(x) is SiLU; their paths."""
    return _exchanged(network, _activation_of)


def _exchanged(network: nn.Module, equal: Callable[[nn.Module], nn.Module | None]) -> list[str]:
    found = []
    for path, module in list(network.named_modules()):
        own = type(module).__module__.partition(".")[0] != "torch"
        if path and own and not module.state_dict() and (known := equal(module)) is not None:
            network.set_submodule(path, known)
            found.append(path)
    return found


@torch.no_grad()
def _given(function: Callable[[Tensor], Any], maps: Tensor) -> Tensor | None:
    """What a function makes of maps; None where it fails or gives something else than maps."""
    try:
        answer = function(maps.clone())
    except Exception:  # somebody else's code; what it is not, it need not tell
        return None
    is_maps = isinstance(answer, Tensor) and answer.shape == maps.shape
    return answer if is_maps and answer.is_floating_point() else None


def _equal_norm(module: nn.Module) -> nn.LocalResponseNorm | None:
    generator = torch.Generator().manual_seed(0)
    maps = 30 * torch.randn(2, CHANNELS, 3, 3, generator=generator)  # large: it has to show
    theirs = _given(module, maps)
    if theirs is None or torch.equal(theirs, maps) or (theirs.abs() > maps.abs()).any():
        return None
    for norm in _norms(module):
        if torch.allclose(norm(maps), theirs, rtol=1e-5, atol=1e-6):
            return norm
    return None


def _norms(module: nn.Module) -> Iterator[nn.LocalResponseNorm]:
    kept = [value for each in module.modules() for value in vars(each).values()]
    kept += [value for some in kept if isinstance(some, tuple) for value in some]
    numbers = [
        value for value in kept if isinstance(value, int | float) and not isinstance(value, bool)
    ]
    sizes = {int(value) for value in numbers if 1 < value <= LARGEST_WINDOW and value % 1 == 0}
    sizes |= {2 * size + 1 for size in sizes if 2 * size < LARGEST_WINDOW}  # its half width
    own = [value for value in dict.fromkeys(map(float, numbers)) if 0 < value <= LARGEST_WINDOW]
    values = list(dict.fromkeys([*own[:MOST_NUMBERS], *USUAL]))
    for size, (alpha, beta, k) in product(sorted(sizes | {5}), permutations(values, 3)):
        for scale in (1.0, float(size)):
            yield nn.LocalResponseNorm(size, alpha * scale, beta, k)


def _activation_of(module: nn.Module) -> nn.Module | None:
    return None if any(True for _ in module.children()) else equal_activation(module)


def equal_activation(function: Callable[[Tensor], Any]) -> nn.Module | None:
    """Torch's activation that gives the same as a function of maps; None if none is known."""
    tried = [torch.linspace(-most, most, 2 * 4 * 5 * 5).reshape(2, 4, 5, 5) for most in RANGES]
    theirs = [_given(function, maps) for maps in tried]
    for known in ACTIVATIONS:
        if all(_are_same(known(maps), answer) for maps, answer in zip(tried, theirs, strict=True)):
            return type(known)(**_options(known))
    return None


def _are_same(known: Tensor, theirs: Tensor | None) -> bool:
    """Where theirs are numbers: a plain exp overflows where torch's own does not."""
    if theirs is None or not (finite := theirs.isfinite()).any():
        return False
    largest = theirs[finite].abs().max()
    return bool((known - theirs)[finite].abs().max() <= SAME * largest)


def _options(known: nn.Module) -> dict[str, float | str]:
    names = ("negative_slope", "approximate")
    return {name: getattr(known, name) for name in names if hasattr(known, name)}
