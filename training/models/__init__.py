"""Every network by its name."""

from dataclasses import asdict, fields, replace
from typing import Any, ClassVar, Protocol

import torch

from training.errors import WorkbenchError
from training.models.adopted import Adopted
from training.models.alexnet import AlexNet
from training.models.lenet import LeNet5
from training.models.network import Network, blank, freeze
from training.models.shallow import SHALLOW
from training.models.torchvision_networks import Torchvision
from training.outputs import SOFTMAX, Outputs
from training.settings import Classes, checked


class Architecture(Protocol):
    """The choices behind a network, a frozen dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def image_size(self) -> int:
        """Side of the square input, px."""
        ...

    def build(self, num_classes: int) -> Network:
        """A freshly initialised network; torch's global generator decides its weights."""
        ...


# Zeiler & Fergus 2013, figure 3: 224 → 110 → 55 → 26 → 13 → 6; all biases begin at 0 (section 3)
ZFNET = AlexNet(
    kernels=(7, 5, 3, 3, 3),
    strides=(2, 2, 1, 1, 1),
    paddings=(1, 0, 1, 1, 1),
    groups=(1, 1, 1, 1, 1),
    lrn_after_pool=True,
    pool_ceil=True,
    unit_biases=False,
)

MODELS: dict[str, Architecture] = {
    "lenet5": LeNet5(),
    "alexnet": AlexNet(),
    # Krizhevsky 2014, "One weird trick", as torchvision has it: its weights fit
    "alexnet-onetower": AlexNet(widths=(64, 192, 384, 256, 256), groups=(1, 1, 1, 1, 1), lrn=()),
    "alexnet-small": AlexNet(
        image_size=64,
        widths=(48, 96, 128, 128, 96),
        kernels=(7, 5, 3, 3, 3),
        strides=(2, 1, 1, 1, 1),
        paddings=(3, 2, 1, 1, 1),
        groups=(1, 1, 1, 1, 1),
        hidden=(256, 256),
        filler="he",
        conv1_std=0.01,
        unit_biases=False,
    ),
    "zfnet": ZFNET,
    # table 3, the best single network: conv3, conv4 and conv5 with 512, 1024 and 512 filters
    "zfnet-wide": replace(ZFNET, widths=(96, 256, 512, 1024, 512)),
    # the four layers of Krizhevsky's figure 1, as his cuda-convnet begins them on CIFAR-10: conv1
    # with 0.0001 for pixels up to 255, so with 64 times as much for pixels of deviation 1
    "cifar4": AlexNet(
        image_size=32,
        widths=(32, 32, 64),
        kernels=(5, 5, 5),
        strides=(1, 1, 1),
        paddings=(2, 2, 2),
        groups=(1, 1, 1),
        lrn=(),
        pool_after=(1, 2, 3),
        pool_ceil=True,
        hidden=(),
        conv1_std=0.0064,
        unit_biases=False,
    ),
    "vgg16": Torchvision("vgg16"),
    "vgg19": Torchvision("vgg19"),
    "googlenet": Torchvision("googlenet"),
    "resnet18": Torchvision("resnet18"),
    "resnet34": Torchvision("resnet34"),
    "resnet50": Torchvision("resnet50"),
}

ADOPTED = "adopted"
"""Somebody else's network: nothing to choose by name, since a run's own options describe it."""

_IMPORTED: dict[str, Architecture] = {ADOPTED: Adopted(), **SHALLOW}  # and never trained here

MOST_PARAMETERS = 2**30  # 4 GiB of weights, and as much again for gradients and for momentum

__all__ = [
    "ADOPTED",
    "MODELS",
    "Network",
    "architecture",
    "blank",
    "build",
    "create",
    "freeze",
    "options",
]


def create(name: str, /, num_classes: int = 1000, **choices: Any) -> Network:
    """A freshly initialised network.

    Args:
        name: One of `MODELS`.
        num_classes: Logits of the last layer.
        **choices: Whatever differs from the named network's own options; see `MODELS`.

    Raises:
        WorkbenchError: If there is no such network or option, or the options do not fit.
    """
    return build(architecture(name, **choices), num_classes)


def build(design: Architecture, num_classes: int, outputs: Outputs = SOFTMAX) -> Network:
    """The network of some choices, tried on the meta device before it takes memory.

    Args:
        design: The choices.
        num_classes: Classes that it tells apart.
        outputs: How their probabilities follow from what it gives.

    Raises:
        WorkbenchError: If no network has so many classes, or it would be a monstrous one.
    """
    scores = outputs.scores_for(checked("num_classes", Classes, num_classes))
    with torch.device("meta"):
        on_meta = design.build(scores)
    count = sum(parameter.numel() for parameter in on_meta.parameters())
    if count > MOST_PARAMETERS:
        raise WorkbenchError(
            f"The network would have {count:.2g} parameters; at most {MOST_PARAMETERS:.2g} are "
            f"built. {_largest(on_meta)}"
        )
    network = on_meta if torch.get_default_device().type == "meta" else design.build(scores)
    return network.read_as(outputs)


def _largest(network: Network) -> str:
    """Which layer to make smaller."""
    counts = {
        name: sum(parameter.numel() for parameter in layer.parameters())
        for name, layer in network.layers.items()
    }
    name = max(counts, key=lambda layer: counts[layer])
    return (
        f"Most of them, {counts[name]:.2g}, lie in {name}: take fewer widths, hidden units or "
        "num_classes, or a smaller image_size."
    )


def options(name: str, /, **choices: Any) -> dict[str, Any]:
    """All options of a network, as they are saved with a run."""
    return asdict(architecture(name, **choices))


def architecture(name: str, /, **choices: Any) -> Architecture:
    """The choices behind a network, checked, before it is built.

    Raises:
        WorkbenchError: If there is no such network or option, or the options do not fit.
    """
    usual: Architecture | None = None
    if isinstance(name, str):  # a list, from a file, could not even be looked up
        usual = (MODELS | _IMPORTED).get(name)
    if usual is None:
        raise WorkbenchError(f"Unknown model {name!r}. Choose one of: {', '.join(MODELS)}.")
    known = [field.name for field in fields(usual)]
    for option in choices:
        if option not in known:
            raise WorkbenchError(
                f"Model {name!r} has no option {option!r}. It has: {', '.join(known)}."
            )
    return replace(usual, **choices)
