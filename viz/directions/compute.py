"""Channels, concepts and random directions of a layer, and the network that answers along them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from sklearn.decomposition import NMF
from torch import Tensor, nn

from training.errors import WorkbenchError
from training.models import Network
from training.models.network import freeze
from viz.network.images import Images, in_batches

DirectionKind = Literal["channel", "concept", "random"]
KINDS: tuple[DirectionKind, ...] = get_args(DirectionKind)
ALONG = "along"  # the layer that answers along directions
SAMPLED, PLACES = 512, 16  # images, and places of each, that concepts are found from
ROUNDS = 400  # of the factorisation


@dataclass(frozen=True)
class Directions:
    """K directions of a layer of C channels, and where the images answer most along them."""

    direction: Tensor  # (K, C) of length 1
    score: Tensor  # (K, k), response along it, best first
    image: Tensor  # (K, k) int64 index into the images
    row: Tensor  # (K, k) int64, of the unit in the layer's map
    col: Tensor  # (K, k) int64


def along(network: Network, layer: str, directions: Tensor) -> Network:
    """The network up to a layer, and the response along directions as one layer more.

    A direction is a 1×1 convolution: its patches and projections are found as those of any channel.

    Args:
        network: In evaluation mode; its layers are shared.
        layer: Whose directions they are.
        directions: (K, C).

    Raises:
        WorkbenchError: If there is no such layer, or it has not C channels.
    """
    network.require_layer(layer)
    layers = network.layers
    needed = [stage.name for stage in network.plan([layer])]
    count, channels = directions.shape
    spatial = layer in network.geometry
    last = (
        nn.Conv2d(channels, count, 1, bias=False) if spatial else nn.Linear(channels, count, False)
    )
    last.weight.data = directions.reshape(last.weight.shape).to(network.device)
    found = Network(
        {**{name: layers[name] for name in needed}, ALONG: last},
        image_size=network.image_size,
        image_channels=network.image_channels,
        inputs={**{name: network.inputs[name] for name in needed}, ALONG: (layer,)},
    )
    return freeze(found)


def random_directions(channels: int, count: int, seed: int) -> Tensor:
    """(count, channels) of length 1, uniform over all directions.

    Source: Szegedy et al. 2014, Intriguing properties of neural networks, section 3.
    """
    random = torch.Generator().manual_seed(seed)
    found = torch.randn(count, channels, generator=random)
    return found / found.norm(dim=1, keepdim=True)


def channel_directions(channels: Sequence[int], of: int) -> Tensor:
    """(count, of), each along one channel."""
    return torch.eye(of)[list(channels)]


def concept_directions(responses: Tensor, count: int, seed: int) -> Tensor:
    """(count, C) of length 1: what adds up to the responses, by non-negative factorisation.

    Args:
        responses: (N, C) of units at any places; below 0 counts as 0.
        count: How many concepts.
        seed: Of the factorisation's start.

    Raises:
        WorkbenchError: If fewer channels or units answer than concepts are wanted.
    """
    answers = responses.clamp(min=0)
    answers = answers[answers.amax(1) > 0]
    alive = int((answers.amax(0) > 0).sum()) if len(answers) else 0
    if min(alive, len(answers)) < count:
        raise WorkbenchError(
            f"{alive} channels answer to {len(answers)} of the units looked at, too few for "
            f"{count} concepts. Ask for fewer with --count."
        )
    factors = NMF(count, init="nndsvda", random_state=seed, max_iter=ROUNDS, tol=1e-3)
    factors.fit(answers.double().numpy())
    found = torch.from_numpy(factors.components_).float()
    return found / found.norm(dim=1, keepdim=True).clamp(min=1e-12)


@torch.inference_mode()
def responses_of(network: Network, images: Images, layer: str, seed: int = 0) -> Tensor:
    """(N, C) responses of a layer's units at random places of some images, on the CPU.

    Args:
        network: In evaluation mode.
        images: The first of which are looked at, evenly spread.
        layer: Whose units.
        seed: Decides the places.
    """
    random = torch.Generator().manual_seed(seed)
    some = torch.linspace(0, len(images) - 1, min(SAMPLED, len(images))).long().unique()
    found = []
    for batch in in_batches(images[some]):
        batch = batch.to(network.device, memory_format=torch.channels_last)
        maps = network.activations(batch, [layer])[layer].float().cpu()
        units = maps.flatten(2) if maps.dim() == 4 else maps[:, :, None]
        places = torch.randint(
            units.shape[2], (PLACES if units.shape[2] > 1 else 1,), generator=random
        )
        found.append(units[:, :, places].movedim(1, 2).flatten(0, 1))
    return torch.cat(found)
