"""Response normalisations that people write themselves, known by what they compute."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations, product

import torch
from torch import nn

CHANNELS = 24  # more than any window, so that its ends and its middle are seen
USUAL = (1.0, 2.0, 0.75, 1e-4)  # k of torch and of the paper, beta, alpha
LARGEST_WINDOW, MOST_NUMBERS = 15, 5


def as_torchs_norms(network: nn.Module) -> list[str]:
    """Exchange modules that compute local response normalisation for torch's; their paths.

    A module without weights of its own class is compared on random maps with every normalisation
    that its own numbers could mean: those are kept as attributes under a dozen names, and alpha may
    be meant with or without the division by the window.
    """
    found = []
    for path, module in list(network.named_modules()):
        if not path or not _might_be(module):
            continue
        norm = _equal_norm(module)
        if norm is not None:
            network.set_submodule(path, norm)
            found.append(path)
    return found


def _might_be(module: nn.Module) -> bool:
    """One of somebody's own, without weights, and without layers that have some."""
    own = type(module).__module__.partition(".")[0] != "torch"
    return own and not any(True for _ in module.state_dict())


@torch.no_grad()
def _equal_norm(module: nn.Module) -> nn.LocalResponseNorm | None:
    generator = torch.Generator().manual_seed(0)
    maps = 30 * torch.randn(2, CHANNELS, 3, 3, generator=generator)  # large: it has to show
    try:
        theirs = module(maps.clone())
    except Exception:  # somebody else's code; what it is not, it need not tell
        return None
    if not isinstance(theirs, torch.Tensor) or theirs.shape != maps.shape:
        return None
    if torch.equal(theirs, maps) or (theirs.abs() > maps.abs()).any():
        return None
    for norm in _candidates(module):
        if torch.allclose(norm(maps), theirs, rtol=1e-5, atol=1e-6):
            return norm
    return None


def _candidates(module: nn.Module) -> Iterator[nn.LocalResponseNorm]:
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
