"""What kinds of layers a network has, and which of its many are worth a look."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from training.errors import WorkbenchError
from training.geometry import IMAGE
from training.models import Network, blank
from training.models.channel_softmax import ChannelSoftmax
from training.models.lenet import RadialBasis, ScaledTanh, SubSampling
from training.models.merge import Add, Concat, Slice
from training.models.pooling import StochasticPool2d
from training.models.response_norm import ResponseNorm
from training.models.scale import Scale
from training.models.shallow.bow import NearestWord, SignedRoot
from training.models.shallow.fisher import FisherVector, Posteriors
from training.models.shallow.gradients import Orientations, UnitLength
from training.models.shallow.llc import LocalCodes
from training.models.shallow.pyramid import Pyramid
from training.models.table_conv import TableConv2d
from training.outputs import TwoClasses

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
    "merge": (Add, Concat, Slice),
    "pooling": (
        nn.MaxPool2d,
        nn.AvgPool2d,
        nn.AdaptiveAvgPool2d,
        nn.AdaptiveMaxPool2d,
        StochasticPool2d,
        SubSampling,
        Pyramid,
        FisherVector,
    ),
    "dense": (nn.Linear, RadialBasis),
    "activation": (
        *(nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.PReLU, nn.ELU, nn.SELU, nn.GELU, nn.SiLU, nn.Mish),
        *(nn.Hardswish, nn.Hardtanh, nn.Hardsigmoid, nn.Softplus, nn.Tanh, nn.Sigmoid, ScaledTanh),
        *(Orientations, NearestWord, LocalCodes, Posteriors, SignedRoot),
    ),
    "normalisation": (
        *(nn.BatchNorm1d, nn.BatchNorm2d, nn.GroupNorm, ResponseNorm, Scale, UnitLength),
    ),
    "dropout": (nn.Dropout, nn.Dropout2d),
}
WITH_WEIGHTS: tuple[Kind, ...] = ("convolution", "dense")
KEY_LAYERS: tuple[Kind, ...] = ("convolution", "merge", "pooling", "dense")
MANY = 45  # layers that nobody wants to choose from
SINGLE = (1, 1)  # rows and columns of maps in which there are no places
HELD_TOGETHER = 2**20  # numbers an image; a batch of 64 then takes 256 MB


def kind_of(layer: nn.Module) -> Kind:
    """What a layer is, whatever it is called."""
    return next((kind for kind, types in KINDS.items() if isinstance(layer, types)), "other")


def is_capped_relu(layer: nn.Module) -> bool:
    """Whether it is a ReLU that ends somewhere, such as ReLU6."""
    return isinstance(layer, nn.Hardtanh) and layer.min_val == 0


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


def ends_of_stages(network: Network) -> list[str]:
    """What comes out of each stage: of every convolution or fully connected layer that
    everything passes, what follows it before the next one: pool1 … relu3 … pool5, relu6, relu7.

    Dropout does nothing to a network that is not trained. The classifier itself is left out.
    """
    on_the_way = backbone(network)
    stages = [stage.name for stage in network.plan([network.head]) if stage.name in on_the_way]
    found: list[str] = []
    begun = False
    for name in stages:
        kind = kind_of(network.layers[name])
        if kind in WITH_WEIGHTS:
            if name == network.head:
                break
            begun = True
            found.append(name)
        elif begun and kind != "dropout":
            found[-1] = name
    return found


def maps_to_show(network: Network) -> list[str]:
    """The layers with maps; only the key layers and the backbone where there are many."""
    spatial = list(network.geometry)
    if len(spatial) <= MANY:
        return spatial
    shown = {*key_layers(network), *backbone(network)}
    return [name for name in spatial if name in shown]


def deepest(network: Network) -> str:
    """The last convolution, or the last branches put together where that comes after it.

    Of features that were designed, the descriptors or their codes.
    """
    layers = network.layers
    kinds = (*KINDS["convolution"], Concat, UnitLength, LocalCodes, Posteriors)
    found = (name for name in reversed(network.geometry) if isinstance(layers[name], kinds))
    return next(found, network.convolutions[-1])  # all behind adaptive pooling, maybe


def trunk_maps(network: Network) -> dict[str, tuple[int, int]]:
    """Height and width of the maps of each layer that everything passes, in forward order.

    Maps of a single unit, as those of LeNet-5's C5, are passed over where any layer has larger
    ones: what is left of a place in them is nothing.
    """
    trunk, way = backbone(network), [stage.name for stage in network.plan([network.head])]
    sizes = map_sizes(network, [name for name in way if name in trunk])
    larger = {name: size for name, size in sizes.items() if size != SINGLE}
    if larger or set(map_sizes(network, way).values()) - {SINGLE}:
        return larger
    return sizes


def last_maps(network: Network) -> str:
    """The last maps that everything passes on its way to the answer, as the classifier sees them.

    That is after their activation function, before which most of a map is negative and its total
    says little about what was found, and before they are pooled. Where branches run side by side,
    it is what they are put together in, or else what they part from.

    Raises:
        WorkbenchError: If no layer with maps lies on every way from the picture to the answer.
    """
    made = [name for name in trunk_maps(network) if _makes_maps(network, name)]
    if not made:
        raise WorkbenchError(_no_trunk(network))
    return made[-1]


def maps_to_watch(network: Network) -> str:
    """The last maps, or the deepest ones of a branch where nothing has maps that all pass."""
    try:
        return last_maps(network)
    except WorkbenchError:
        return deepest(network)


def last_hidden(network: Network) -> str:
    """The layer that feeds the classifier: fc7 of AlexNet, the mean over the maps of a ResNet.

    Taken before its activation function, as far as there is one, but as vectors of length 1 where
    the classifier takes them so. Everything passes it: of branches that only their answers join it
    is what they part from.

    Raises:
        WorkbenchError: If nothing but the answer lies on every way there.
    """
    classifier = network.head
    while isinstance(network.layers[classifier], _AFTER_SCORES):
        classifier = network.inputs[classifier][0]
    trunk = backbone(network)
    for stage in reversed(network.plan([classifier])[:-1]):
        layer = network.layers[stage.name]
        passed = kind_of(layer) in ("activation", "normalisation", "dropout")
        if stage.name in trunk and (not passed or isinstance(layer, UnitLength)):
            return stage.name
    raise WorkbenchError(
        f"No hidden layer lies on every way from the picture to {classifier}: the ways part at "
        "the picture and only their answers meet. Name a layer of one of them."
    )


_AFTER_SCORES = (TwoClasses, ChannelSoftmax, nn.Sigmoid)


def _makes_maps(network: Network, name: str) -> bool:
    """Whether its maps are other ones than those that it is fed with, not smaller or fewer."""
    kind = kind_of(network.layers[name])
    if kind == "normalisation":  # part of the convolution that it follows
        source = network.inputs[name][0]
        return source != IMAGE and kind_of(network.layers[source]) in ("convolution", "merge")
    return kind in ("convolution", "merge", "activation")


def _no_trunk(network: Network) -> str:
    trunk = backbone(network)
    meet = next(stage.name for stage in network.plan([network.head]) if stage.name in trunk)
    return (
        "There are no last maps: the ways from the picture to the answer part at the picture and "
        f"meet in {meet}, which has no maps of more than one unit. Choose a layer of one way, or a "
        "method that takes none."
    )


def map_sizes(network: Network, names: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Height and width of the maps of those layers that have some, in the order given."""
    found = _blank(network, names)
    sizes = ((name, tuple(found[name].shape[2:])) for name in names)
    return {name: (size[0], size[1]) for name, size in sizes if len(size) == 2}


@torch.no_grad()
def _blank(network: Network, names: Sequence[str]) -> dict[str, Tensor]:
    """What some layers give for a picture of zeros; on the meta device that costs nothing."""
    return network.activations(blank(network), names)


def require_way_back(network: Network, layer: str | None = None) -> None:
    """Refuse what follows a signal from a layer, or the answer, back to the pixels.

    Raises:
        WorkbenchError: If a layer on the way moves in steps, which have no slope.
    """
    for stage in network.plan([layer or network.head]):
        if isinstance(network.layers[stage.name], NearestWord):
            raise WorkbenchError(
                f"{stage.name} gives each place its nearest word, all or nothing, so that no "
                f"signal comes back through it. Choose {stage.sources[0]} or a layer before it; "
                "of heat maps, occlusion."
            )


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
    held = sum(maps.numel() for maps in _blank(network, alike).values())
    return alike if held <= HELD_TOGETHER else [layer]
