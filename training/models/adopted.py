"""A network described by data alone: what a run keeps of somebody else's instead of code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import torch
from torch import Tensor, nn

from training.errors import WorkbenchError
from training.geometry import IMAGE
from training.models.layer_kinds import Options, described, made
from training.models.network import Network, blank, run_layer
from training.settings import Side, settle

MOST_STAGES = 5_000
LARGEST_OUTPUT = 2**28  # numbers that a layer gives for one image: a GiB; VGG's largest has 2**22
_NAME = re.compile(r"[^\W\d_]\w{0,99}")  # letters of any script
_PARTS = {"name", "layer", "options", "inputs"}


def stage(name: str, layer: nn.Module, inputs: tuple[str, ...]) -> dict[str, Any]:
    """One layer of a graph as JSON can hold it.

    Raises:
        WorkbenchError: If it is no layer that a graph may have.
    """
    kind, options = described(layer)
    return {"name": name, "layer": kind, "options": options, "inputs": list(inputs)}


def may_be_called(name: str) -> bool:
    """Whether a layer may have a name: a word that means nothing else on a network."""
    return bool(_NAME.fullmatch(name)) and name != IMAGE and name not in _taken()


@dataclass(frozen=True)
class Adopted:
    """A network as a list of stages, each a layer of `KINDS` with its options and its sources."""

    image_size: Side = 224
    """Side of the square input."""
    graph: tuple[Mapping[str, Any], ...] = ()
    """Stages in forward order: name, layer, options, inputs (names of stages, or image). The last
    one gives the logits."""
    channels: Literal[1, 3] = 3
    """Of the input: red, green and blue, or grey."""

    def __post_init__(self) -> None:
        settle(self)

    def build(self, num_classes: int) -> Network:
        """Torch's own initial weights; its global generator decides them.

        The graph comes from a file that anybody may have written: it is tried on the meta device,
        where size costs nothing, before anything of it takes memory.

        Raises:
            WorkbenchError: If the graph is no network, or a monstrous one.
        """
        with torch.device("meta"):
            network = self._network()
            _try(network, num_classes)
        return network if torch.get_default_device().type == "meta" else self._network()

    def _network(self) -> Network:
        if not 1 <= len(self.graph) <= MOST_STAGES:
            raise _wrong(f"it is no list of 1 to {MOST_STAGES} stages")
        layers: dict[str, nn.Module] = {}
        inputs: dict[str, tuple[str, ...]] = {}
        for entry in self.graph:
            name, kind, options, sources = _parts_of(entry)
            if name in layers or not may_be_called(name):
                raise _wrong(f"a stage cannot be called {name!r} here")
            if not sources or not all(source == IMAGE or source in layers for source in sources):
                raise _wrong(f"{name} takes {sources!r}, which are no stages before it")
            try:
                layers[name] = made(kind, options)
            except WorkbenchError as error:
                raise _wrong(f"{name}: {error}") from error
            inputs[name] = tuple(sources)
        return Network(
            layers, image_size=self.image_size, image_channels=self.channels, inputs=inputs
        )


def _parts_of(entry: Any) -> tuple[str, str, Options, list[str]]:
    if not isinstance(entry, Mapping) or set(entry) != _PARTS:
        raise _wrong(f"a stage has {', '.join(sorted(_PARTS))}; found {str(entry)[:80]}")
    name, kind, options, sources = (entry[part] for part in ("name", "layer", "options", "inputs"))
    right = (
        isinstance(name, str)
        and isinstance(kind, str)
        and isinstance(options, Mapping)
        and isinstance(sources, list | tuple)
        and all(isinstance(source, str) for source in sources)
    )
    if not right:
        raise _wrong(f"the stage {str(entry)[:80]} is not made of words, options and a list")
    return name, kind, dict(options), list(sources)


@torch.no_grad()
def _try(network: Network, num_classes: int) -> None:
    """Follow the shapes of an image through all layers, on the meta device."""
    network.eval()
    signals: dict[str, Tensor] = {IMAGE: blank(network, 2)}
    for name, layer in network.layers.items():
        try:
            signal = run_layer(layer, *(signals[source] for source in network.inputs[name]))
        except (RuntimeError, TypeError, ValueError, ArithmeticError, IndexError) as error:
            raise _wrong(f"{name} does not fit what feeds it: {error}") from error
        if signal.numel() > 2 * LARGEST_OUTPUT or signal.dim() not in (2, 4):
            raise _wrong(f"{name} gives {tuple(signal.shape[1:])} for each image")
        signals[name] = signal
    network.train()
    answer = signals[network.head]
    if answer.shape != (2, num_classes):
        raise _wrong(f"{network.head} gives {tuple(answer.shape[1:])}, expected ({num_classes},)")


def _wrong(what: str) -> WorkbenchError:
    return WorkbenchError(
        f"The graph in run.json does not describe a network: {what}. Import the network anew."
    )


@cache
def _taken() -> set[str]:
    """Names that mean something else on a network."""
    return {*dir(Network), "image_size", "image_channels", "auxiliary", "criterion", "inputs"}
