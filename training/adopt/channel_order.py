"""A network that takes its colours in another order made into one that takes red, green, blue.

The order is put into the weights, so that filters, projections and everything else that is drawn
in colours has the right ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from torch import Tensor, nn

from training.adopt.pixels import Pixels
from training.geometry import IMAGE
from training.models.merge import Add
from training.models.network import Network
from training.models.scale import Scale
from training.preprocess import Preprocess

_EACH_BY_ITSELF = (
    *(nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.ELU, nn.SELU, nn.GELU, nn.SiLU, nn.Mish, nn.Hardswish),
    *(nn.Hardsigmoid, nn.Hardtanh, nn.Softplus, nn.Tanh, nn.Sigmoid, nn.Dropout, nn.Dropout2d),
    *(nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d, nn.Identity),
    *(nn.BatchNorm2d, Scale, Add),
)


@dataclass(frozen=True)
class InColour:
    """A network's weights and its preprocessing, as far as possible in red, green, blue."""

    weights: Mapping[str, Tensor]
    preprocess: Preprocess
    told: tuple[str, ...]  # of the pixels, in sentences


def in_colour(network: Network, pixels: Pixels) -> InColour:
    """Put the order of the colours into the weights, where it is another."""
    preprocess, places = pixels.preprocess, pixels.places
    if places is None:
        return InColour(network.state_dict(), preprocess, pixels.told)
    weights = in_order(network, places)
    if weights is None:
        still = "Filters and projections are drawn in that order."
        return InColour(network.state_dict(), preprocess, (*pixels.told, still))
    mean, std = (tuple(of[place] for place in places) for of in (preprocess.mean, preprocess.std))
    now = "The weights of its first layer were put into the order red, green, blue."
    own = replace(preprocess, mean=mean, std=std, mix=None)
    return InColour(weights, own, (*pixels.told, now))


def in_order(network: Network, places: Sequence[int]) -> dict[str, Tensor] | None:
    """The weights of the network that takes red, green and blue in this order.

    Args:
        network: Takes them in another one.
        places: Where red, green and blue lie among its channels.

    Returns:
        Its state dict, or None where a layer looks at one colour by itself, as grouped
        convolutions do, and would have to change places with another.
    """
    weights = dict(network.state_dict())
    reordered = {IMAGE}
    for name, layer in network.layers.items():
        sources = network.inputs[name]
        if not reordered.intersection(sources):
            continue
        if isinstance(layer, nn.Conv2d) and layer.groups == 1:
            weights[f"{name}.weight"] = weights[f"{name}.weight"][:, list(places)].contiguous()
        elif isinstance(layer, _EACH_BY_ITSELF) and reordered.issuperset(sources):
            reordered.add(name)
            for key, value in layer.state_dict().items():
                if value.dim():
                    weights[f"{name}.{key}"] = value[list(places)].contiguous()
        else:
            return None
    return weights
