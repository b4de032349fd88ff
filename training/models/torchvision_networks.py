"""torchvision's classifiers as networks of ours: their weights, the papers' layer names."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Annotated

import torch
from torch import nn

from training.errors import WorkbenchError
from training.geometry import IMAGE
from training.models.network import Network
from training.settings import Filled, Range, Side, settle

if TYPE_CHECKING:
    from training.adopt.tracing import Trace

LARGE = 299  # px, that all take whose size is not fixed: Inception v3 needs the most

# torchvision.models takes more than a second to import, so only what needs it does


@dataclass(frozen=True)
class Torchvision:
    """A network of torchvision's, taken apart into named layers."""

    builder: Filled = "resnet18"
    """As torchvision calls it."""
    image_size: Side = 224
    """Side of the square input."""
    auxiliary: Annotated[float, Range(least=0)] = 0.3
    """Weight in the loss of each auxiliary classifier, which only GoogLeNet has; 0 leaves them
    out (Szegedy et al. 2014, section 5)."""

    def __post_init__(self) -> None:
        settle(self)

    def build(self, num_classes: int) -> Network:
        """Torchvision's initial weights; torch's global generator decides them.

        Raises:
            WorkbenchError: If torchvision has no such classifier, it cannot be taken apart, or
                the image is too small for it.
        """
        plan = _plan(self.builder, self.auxiliary > 0, self.image_size)
        theirs = _theirs(self.builder, num_classes, self.auxiliary > 0)
        layers = {
            name: _layer(theirs.get_submodule(call.path) if call.own else call.module)
            for name, call in zip(plan.names, plan.trace.calls, strict=True)
        }
        inputs = {
            name: tuple(IMAGE if source < 0 else plan.names[source] for source in call.sources)
            for name, call in zip(plan.names, plan.trace.calls, strict=True)
        }
        _main, *aside = (plan.names[head] for head in plan.trace.heads)
        return Network(
            layers,
            image_size=self.image_size,
            inputs=inputs,
            auxiliary=dict.fromkeys(sorted(aside), self.auxiliary),
        )

    def layer_paths(self) -> dict[str, str]:
        """By the name of each layer with weights, its place in torchvision's network."""
        plan = _plan(self.builder, self.auxiliary > 0, self.image_size)
        return {
            name: call.path
            for name, call in zip(plan.names, plan.trace.calls, strict=True)
            if call.own
        }


@dataclass(frozen=True)
class _Plan:
    trace: Trace
    names: tuple[str, ...]  # of its calls


@lru_cache(maxsize=32)
def _plan(name: str, auxiliary: bool, image_size: int) -> _Plan:
    """The layers and their names, found once: pages ask for them over and over."""
    from training.models.paper_names import layer_names

    with torch.device("meta"):
        theirs = _theirs(name, 2, auxiliary)
    # in evaluation mode there are no auxiliary classifiers
    found = _traced(name, theirs.train(), image_size)
    _refuse_shared_weights(name, found)
    if found.heads[0] != len(found.calls) - 1:
        raise WorkbenchError(
            f"torchvision's {name} goes on after the layer that gives the classes, which the views "
            "take for the last."
        )
    names = tuple(layer_names(theirs, found.calls))
    assert len(set(names)) == len(names)
    return _Plan(found, names)


def _traced(name: str, theirs: nn.Module, image_size: int) -> Trace:
    """What happens to an image of that side, or how large it has to be."""
    from training.adopt.tracing import trace

    try:
        return trace(theirs, image_size)
    except WorkbenchError as error:
        if _takes(theirs, image_size) or not _takes(theirs, LARGE):
            raise  # the size is not to blame
        larger = range(image_size + 1, LARGE + 1)
        smallest = larger[bisect_left(larger, True, key=lambda side: _takes(theirs, side))]
        raise WorkbenchError(
            f"An image_size of {image_size} px is too small for {name}. Take at least "
            f"{smallest} px."
        ) from error


def _takes(theirs: nn.Module, image_size: int) -> bool:
    """Whether a network on the meta device comes to an end with images of that side."""
    try:
        theirs(torch.empty(2, 3, image_size, image_size, device="meta"))
    except Exception:  # of a layer, or of a check of torchvision's own
        return False
    return True


def _refuse_shared_weights(name: str, found: Trace) -> None:
    used = Counter(call.path for call in found.calls if call.own and call.module.state_dict())
    for path, times in used.items():
        if times > 1:
            raise WorkbenchError(
                f"torchvision's {name} uses the weights of {path} {times} times; training needs a "
                "layer for each."
            )


def _theirs(name: str, num_classes: int, auxiliary: bool) -> nn.Module:
    """The network as torchvision builds it."""
    from torchvision import models

    if name not in models.list_models(module=models):
        raise WorkbenchError(
            f"torchvision has no classifier {name!r}. It has vgg16 and resnet18, for example."
        )
    choices = {"aux_logits": auxiliary, "init_weights": True} if name == "googlenet" else {}
    build = partial(models.get_model, name, num_classes=num_classes, **choices)
    try:
        network: nn.Module = build()
    except NotImplementedError:  # on the meta device, as RegNet works out its widths in tensors
        with torch.device("cpu"):
            network = build()
        network = network.to("meta")
    return network


def _layer(module: nn.Module) -> nn.Module:
    """A module of its own for each use, that leaves its input as it is."""
    if next(module.parameters(), None) is None:
        module = deepcopy(module)
    if getattr(module, "inplace", False):
        module.inplace = False  # type: ignore[assignment]
    return module
