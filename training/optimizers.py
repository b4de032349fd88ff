"""How weights follow their gradients: torch's rule or the paper's, with Caffe's multipliers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from training.errors import WorkbenchError
from training.layer_ranges import is_range, layers_named

if TYPE_CHECKING:
    from training.config import FitConfig
    from training.models import Network


class KrizhevskySGD(torch.optim.Optimizer):
    """v ← m·v - λ·ε·w - ε·g, then w ← w + v.

    The rate ε is inside of the velocity, so that after the rate has fallen the steps shrink over
    some ten batches; `torch.optim.SGD` multiplies the whole velocity by the rate of the moment.
    While the rate stays as it is, both are the same.

    Source: Krizhevsky et al. 2012, section 5.
    """

    def __init__(
        self,
        parameters: Iterable[Any],
        *,
        lr: float,
        momentum: float = 0.9,
        weight_decay: float = 5e-4,
    ) -> None:
        """
        Args:
            parameters: Tensors, or groups of them.
            lr: ε.
            momentum: m.
            weight_decay: λ.
        """
        defaults = {"lr": lr, "momentum": momentum, "weight_decay": weight_decay}
        super().__init__(parameters, defaults)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """One step along the gradients."""
        assert closure is None
        for group in self.param_groups:
            weights = [weight for weight in group["params"] if weight.grad is not None]
            if not weights:
                continue
            gradients = [weight.grad for weight in weights]
            for weight in weights:
                if not self.state[weight]:
                    self.state[weight]["velocity"] = torch.zeros_like(weight)
            velocities = [self.state[weight]["velocity"] for weight in weights]
            rate, decay = group["lr"], group["weight_decay"]
            torch._foreach_mul_(velocities, group["momentum"])
            torch._foreach_add_(velocities, weights, alpha=-decay * rate)
            torch._foreach_add_(velocities, gradients, alpha=-rate)
            torch._foreach_add_(weights, velocities)


class TorchSGD(torch.optim.SGD):
    """torch's own, without what it wraps around a step for its compiler: see below."""

    step = torch.no_grad()(getattr(torch.optim.SGD.step, "__wrapped__", torch.optim.SGD.step))


def _without_compiler() -> None:
    """Let torch not import its compiler, seconds of work, just to keep it away from optimisers.

    That is all it is imported for in a process that compiles nothing: on the first step, and on the
    first call of one of these methods, which torch wraps.
    """
    for name in ("add_param_group", "zero_grad", "state_dict", "load_state_dict"):
        method = getattr(getattr(torch.optim.Optimizer, name), "__wrapped__", None)
        if method is not None and "torch._dynamo" not in sys.modules:
            vars(method).setdefault("__dynamo_disable", method)


def make_optimizer(network: Network, config: FitConfig) -> torch.optim.Optimizer:
    """The optimiser of a run, a group of parameters for each pair of multipliers.

    Frozen parameters are in none: they have no decay and no momentum.

    Raises:
        WorkbenchError: If a multiplier names no parameter that learns.
    """
    groups = [
        {"params": parameters, "lr_mult": rate, "weight_decay": config.weight_decay * decay}
        for (rate, decay), parameters in _by_multipliers(network, config.multipliers).items()
    ]
    _without_compiler()
    kind = {"torch": TorchSGD, "krizhevsky": KrizhevskySGD}[config.update]
    return kind(groups, lr=config.rate, momentum=config.momentum, weight_decay=config.weight_decay)


def set_rate(optimizer: torch.optim.Optimizer, lr: float) -> None:
    """Take the next step at that rate, times each group's own multiplier."""
    for group in optimizer.param_groups:
        group["lr"] = lr * group["lr_mult"]


def _by_multipliers(
    network: Network, multipliers: Mapping[str, list[float]]
) -> dict[tuple[float, float], list[nn.Parameter]]:
    """Parameters by their multipliers of rate and decay; the last pattern that fits decides."""
    named = {
        name: parameter for name, parameter in network.named_parameters() if parameter.requires_grad
    }
    chosen = dict.fromkeys(named, (1.0, 1.0))
    for pattern, (rate, decay) in multipliers.items():
        fitting = [name for name in named if _fits(name, pattern, network)]
        if not fitting:
            raise WorkbenchError(
                f"--multipliers names {pattern!r}, which fits no parameter that learns. There are: "
                f"{', '.join(named)}."
            )
        chosen |= dict.fromkeys(fitting, (rate, decay))
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in named.items():
        groups.setdefault(chosen[name], []).append(parameter)
    return groups


def _fits(parameter: str, pattern: str, network: Network) -> bool:
    if is_range(pattern):
        return parameter.partition(".")[0] in layers_named(pattern, network, "--multipliers")
    return fnmatchcase(parameter, pattern)
