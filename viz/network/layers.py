"""What kinds of layers a network has, and which of its many are worth a look."""

from __future__ import annotations

from typing import Literal

from torch import nn

from training.geometry import IMAGE
from training.models import Network, blank
from training.models.lenet import RadialBasis, ScaledTanh, SubSampling
from training.models.merge import Add, Concat
from training.models.pooling import StochasticPool2d
from training.models.response_norm import ResponseNorm
from training.models.table_conv import TableConv2d

Kind = Literal[
    "convolution",
    "merge",
    "pooling",
    "dense",
    "activation",
    "normalisation",
    "dropout",
    "other",
]
KINDS: dict[Kind, tuple[type[nn.Module], ...]] = {
    "convolution": (nn.Conv2d, TableConv2d),
    "merge": (Add, Concat),
    "pooling": (
        nn.MaxPool2d,
        nn.AvgPool2d,
        nn.AdaptiveAvgPool2d,
        nn.AdaptiveMaxPool2d,
        StochasticPool2d,
        SubSampling,
    ),
    "dense": (nn.Linear, RadialBasis),
    "activation": (
        *(nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.PReLU, nn.ELU, nn.SELU, nn.GELU, nn.SiLU, nn.Mish),
        *(nn.Hardswish, nn.Hardtanh, nn.Hardsigmoid, nn.Softplus, nn.Tanh, nn.Sigmoid, ScaledTanh),
    ),
    "normalisation": (nn.BatchNorm1d, nn.BatchNorm2d, nn.GroupNorm, ResponseNorm),
    "dropout": (nn.Dropout, nn.Dropout2d),
}
KEY_LAYERS: tuple[Kind, ...] = ("convolution", "merge", "pooling", "dense")
MANY = 45  # layers that nobody wants to choose from
HELD_TOGETHER = 2**20  # numbers an image; a batch of 64 then takes 256 MB


def kind_of(layer: nn.Module) -> Kind:
    """What a layer is, whatever it is called."""
    return next((kind for kind, types in KINDS.items() if isinstance(layer, types)), "other")


def backbone(network: Network) -> set[str]:
    """The layers that everything passes on its way to the answer.

    All of a chain; of a network with branches those between the blocks, and the merge
    layers at their ends: conv1 pool1 add2_1 relu2_1 … of a ResNet, inception3a of a GoogLeNet.
    """
    stages = network.plan([network.head])
    last_use = {source: place for place, stage in enumerate(stages) for source in stage.sources}
    found, needed_until = set(), last_use[IMAGE]
    for place, stage in enumerate(stages):
        if needed_until <= place:  # nothing from before it goes around it
            found.add(stage.name)
        needed_until = max(needed_until, last_use.get(stage.name, place))
    return found


def key_layers(network: Network) -> list[str]:
    """Convolutions, merge layers, pooling and fully connected layers on the way to the answer."""
    return [
        stage.name
        for stage in network.plan([network.head])
        if kind_of(network.layers[stage.name]) in KEY_LAYERS
    ]


def maps_to_show(network: Network) -> list[str]:
    """The layers with maps; only the key layers and the backbone where there are many."""
    spatial = list(network.geometry)
    if len(spatial) <= MANY:
        return spatial
    shown = {*key_layers(network), *backbone(network)}
    return [name for name in spatial if name in shown]


def deepest(network: Network) -> str:
    """The last convolution, or the last branches put together where that comes after it."""
    layers = network.layers
    kinds = (*KINDS["convolution"], Concat)
    return next(name for name in reversed(network.geometry) if isinstance(layers[name], kinds))


def last_hidden(network: Network) -> str:
    """The layer that feeds the classifier: fc7 of AlexNet, the mean over the maps of a ResNet.

    Taken before its activation function, as far as there is one.
    """
    name = network.inputs[network.head][0]
    while kind_of(network.layers[name]) in ("activation", "normalisation", "dropout"):
        name = network.inputs[name][0]
    return name


def source_of(network: Network, layer: str) -> str:
    """The convolution or merge layer whose maps a layer passes on; itself, where there is none."""
    source = layer
    while source != IMAGE:
        if kind_of(network.layers[source]) in ("convolution", "merge"):
            return source
        source = network.inputs[source][0]
    return layer


def not_finite(network: Network) -> list[str]:
    """The layers that have weights or statistics which are no finite numbers, in forward order."""
    return [
        name
        for name, layer in network.layers.items()
        if not all(bool(tensor.isfinite().all()) for tensor in layer.state_dict().values())
    ]


def layers_to_pixels(network: Network, layer: str) -> list[nn.Module]:
    """The layers that a signal meets from the named one, which is the first, to the pixels."""
    layers = network.layers
    return [layers[stage.name] for stage in reversed(network.plan([layer]))]


def mined_together(network: Network, layer: str) -> list[str]:
    """The layers of the same kind, as far as memory has room for the maps of all of them.

    One pass over the images serves them all.
    """
    kind = kind_of(network.layers[layer])
    alike = [name for name in key_layers(network) if kind_of(network.layers[name]) == kind]
    held = sum(maps.numel() for maps in network.activations(blank(network), alike).values())
    return alike if held <= HELD_TOGETHER else [layer]
