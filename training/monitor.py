"""What a step does to the weights and which units are silent, measured now and then."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from training.geometry import IMAGE
from training.models import Network
from training.models.lenet import ScaledTanh
from training.models.network import run_layer

MEASURED = 20  # steps of an epoch; each costs a copy of the weights and three norms
LIMITS: dict[type[nn.Module], tuple[float, float]] = {
    nn.Tanh: (-1, 1),
    nn.Sigmoid: (0, 1),
    ScaledTanh: (-1.7159, 1.7159),
}
NEAR = 0.01  # of the range between the limits: the slope there is 4 % of the steepest


@dataclass(frozen=True)
class Motion:
    """How the weights of each layer moved, in Euclidean norms.

    Biases are left out: many begin at zero, of which nothing is a share.
    """

    layers: tuple[str, ...]  # L, in forward order
    joins: np.ndarray  # (L,) whether the weights join channels; else one number for each
    step: np.ndarray  # (S,) number in the epoch, from 1
    lr: np.ndarray  # (S,)
    weight: np.ndarray  # (S, L) norm before the step
    gradient: np.ndarray  # (S, L)
    update: np.ndarray  # (S, L) norm of weights after minus weights before

    @property
    def ratio(self) -> np.ndarray:
        """(S, L) update / weight; 0 where all weights are."""
        nothing = np.zeros_like(self.update)
        return np.divide(self.update, self.weight, out=nothing, where=self.weight > 0)


class Gauge:
    """Measures some steps of one epoch, evenly spread, the first among them.

    The weights are compared before and after the step, so it is true of any rule of update, with
    momentum, decay and multipliers in it. Training is not changed by being watched.
    """

    def __init__(self, network: Network, steps: int, measured: int = MEASURED) -> None:
        """
        Args:
            network: As it is trained.
            steps: In the epoch, as near as is known.
            measured: How many of them to measure.
        """
        found = [(name, _weights(layer)) for name, layer in network.layers.items()]
        self.layers = tuple(name for name, weights in found if weights)
        own = [weights for _name, weights in found if weights]
        self._joins = np.array([any(weight.dim() > 1 for weight in weights) for weights in own])
        self._weights: list[Tensor] = [weight for weights in own for weight in weights]
        self._owner = np.repeat(np.arange(len(own)), [len(weights) for weights in own])
        self._due = {number * steps // measured for number in range(measured)}
        self._taken = 0
        self._norms: list[Tensor] = []  # (3, weights) each, left where the network is
        self._steps: list[int] = []
        self._rates: list[float] = []

    @contextmanager
    def step(self, lr: float) -> Iterator[None]:
        """Count the step that is taken in this block, and measure it if it is its turn.

        Args:
            lr: Its learning rate. The gradients are expected to be there.
        """
        is_due = self._taken in self._due
        self._taken += 1
        if not is_due:
            yield
            return
        with torch.no_grad():
            before = [weight.detach().clone() for weight in self._weights]
            slopes = [
                torch.zeros_like(weight) if weight.grad is None else weight.grad
                for weight in self._weights
            ]
            norms = [torch._foreach_norm(before), torch._foreach_norm(slopes)]
        yield
        with torch.no_grad():
            torch._foreach_sub_(before, self._weights)
            norms.append(torch._foreach_norm(before))
            self._norms.append(torch.stack([torch.stack(list(each)) for each in norms]))
        self._steps.append(self._taken)
        self._rates.append(lr)

    def motion(self) -> Motion:
        """What was measured so far."""
        shape = (len(self._norms), 3, len(self._weights))
        norms = torch.stack(self._norms).double().cpu().numpy() if self._norms else np.zeros(shape)
        squares = np.zeros((*shape[:2], len(self.layers)))
        for column, owner in enumerate(self._owner):
            squares[:, :, owner] += norms[:, :, column] ** 2
        weight, gradient, update = np.moveaxis(np.sqrt(squares), 1, 0)
        steps, rates = np.array(self._steps, dtype=int), np.array(self._rates)
        return Motion(self.layers, self._joins, steps, rates, weight, gradient, update)


def _weights(layer: nn.Module) -> list[nn.Parameter]:
    return [
        parameter
        for name, parameter in layer.named_parameters()
        if parameter.requires_grad and name.rpartition(".")[2] != "bias"
    ]


@dataclass(frozen=True)
class Activity:
    """Units that carry no signal, by layer, as shares in [0, 1].

    A unit is here a whole channel of a convolution's maps, or one output of a fully connected
    layer.
    """

    dead: dict[str, float]  # of rectified layers: units at zero everywhere in every image
    saturated: dict[str, float]  # of tanh and sigmoid: outputs within 1 % of their limits


@torch.no_grad()
def activity(network: Network, images: Tensor) -> Activity:
    """Which units speak, for some images.

    A unit that is silent for a hundred images may still speak for the next; one that is dead is
    silent for all of them. So the shares are upper bounds, near ones where units look for what is
    common.

    Args:
        network: In evaluation mode.
        images: (N, 3, H, W), normalised.
    """
    dead, saturated = {}, {}
    layers, signals = network.layers, {IMAGE: images}
    for stage in network.plan([network.head]):
        layer = layers[stage.name]
        output = run_layer(layer, *(signals[source] for source in stage.sources))
        signals[stage.name] = output
        if isinstance(layer, nn.ReLU):
            others = [axis for axis in range(output.dim()) if axis != 1]
            dead[stage.name] = (output.amax(dim=others) <= 0).float().mean().item()
        elif type(layer) in LIMITS:
            low, high = LIMITS[type(layer)]
            margin = NEAR * (high - low)
            at_limit = (output < low + margin) | (output > high - margin)
            saturated[stage.name] = at_limit.float().mean().item()
        for name in stage.spent:
            del signals[name]
    return Activity(dead, saturated)
