"""Replace the trained weights by noise, from the top down: a map that stays did not show them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from training.models import Network
from training.progress import Progress, silent
from viz.network.rank_correlation import rank_correlation

MOST = 10  # stages; a ResNet's many layers go several at a time


@dataclass(frozen=True)
class Randomisation:
    """A map of the trained network, and of networks of which ever more layers are noise.

    Stage 0 is the trained network; at stage s every layer from the top down to `down_to[s - 1]`
    is random. A map that depends on what was learnt looks unlike itself after the first stages.
    """

    down_to: tuple[str, ...]  # S layers, the highest first
    maps: Tensor  # (S + 1, H, W)
    correlation: Tensor  # (S + 1,) rank correlation with stage 0; NaN where a map is empty


def randomisation(
    network: Network,
    compute: Callable[[Network], Tensor],
    *,
    generator: torch.Generator,
    progress: Progress = silent,
) -> Randomisation:
    """Cascading randomisation: does a heat map depend on the weights at all?

    Args:
        network: In evaluation mode. It stays as it is: noise goes into copies of its layers.
        compute: Gives the (H, W) map of any such network.
        generator: Of the noise, which has the mean and deviation of the weights it replaces, so
            that signals keep their size.
        progress: Told (maps done, maps).

    Source: Adebayo et al. 2018, section 3.1, there with the initial weights' distribution.
    """
    steps = stages(network)
    maps = []
    for number, partly in enumerate(cascade(network, generator)):
        maps.append(compute(partly))
        progress(number + 1, len(steps) + 1)
    correlation = [rank_correlation(maps[0], each) for each in maps]
    return Randomisation(
        down_to=tuple(step[-1] for step in steps),
        maps=torch.stack(maps),
        correlation=torch.tensor(correlation, dtype=torch.float64),
    )


def cascade(network: Network, generator: torch.Generator) -> Iterator[Network]:
    """The network itself, then with one more stage's layers random each time."""
    layers = network.layers
    yield network
    for stage in stages(network):
        layers |= {name: randomised(layers[name], generator) for name in stage}
        # a network of its own around the layers: those not random yet are shared, not copied
        yield Network(
            layers,
            image_size=network.image_size,
            inputs=network.inputs,
            outputs=network.outputs,
        )


def stages(network: Network, most: int = MOST) -> list[list[str]]:
    """The layers with weights on the way to the answer, from the top, in at most so many parts."""
    names = [
        stage.name
        for stage in reversed(network.plan([network.head]))
        if any(True for _ in network.layers[stage.name].parameters())
    ]
    parts = min(most, len(names))
    edges = [round(part * len(names) / parts) for part in range(parts + 1)]
    return [names[low:high] for low, high in pairwise(edges)]


@torch.inference_mode(False)  # weights made in it would accept no graph
@torch.no_grad()
def randomised(layer: nn.Module, generator: torch.Generator) -> nn.Module:
    """A copy whose every parameter is normal noise of the same mean and deviation."""
    own = copy.deepcopy(layer)
    for parameter in own.parameters():
        noise = torch.randn(parameter.shape, generator=generator).to(parameter)
        deviation = parameter.std(correction=0)
        parameter.copy_(parameter.mean() + deviation * noise)
    return own
