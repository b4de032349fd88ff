"""What can be chosen of a network: a class, layers, channels; anything else is refused in words."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from PIL import Image

from training.errors import WorkbenchError
from training.layer_ranges import BETWEEN
from training.models import Network, blank
from training.runs import Run
from viz.network.layers import ends_of_stages


def class_index(classes: Sequence[str], label: str) -> int:
    """A class by its name, or else by its number.

    Raises:
        WorkbenchError: If there is no such class.
    """
    if label in classes:
        return list(classes).index(label)
    if label.isascii() and label.isdigit() and int(label) < len(classes):
        return int(label)
    alike = [name for name in classes if label.lower() in name.lower()] or list(classes)
    shown = ", ".join(alike[:5]) + (", …" if len(alike) > 5 else "")
    raise WorkbenchError(
        f"There is no class {label!r}. Choose a name ({shown}) or a number from 0 to "
        f"{len(classes) - 1}."
    )


def channel_count(plan: Network, layer: str) -> int:
    """How many channels a layer has; a network on the meta device is enough to know.

    Raises:
        WorkbenchError: If there is no such layer.
    """
    return plan.activations(blank(plan), [layer])[layer].shape[1]


def check_channels(channels: Sequence[int], plan: Network, layer: str) -> None:
    """Refuse channels that the layer does not have, before anything is computed."""
    count = channel_count(plan, layer)
    for channel in channels:
        if not 0 <= channel < count:
            raise WorkbenchError(f"{layer} has channels 0 to {count - 1}, not {channel}.")


def check_layers(layers: Sequence[str], plan: Network) -> None:
    """Refuse layers that the network does not have."""
    for layer in layers:
        plan.require_layer(layer)


def layers_meant(named: Sequence[str], network: Network) -> tuple[str, ...]:
    """The layers that are named, in forward order, ranges as the ends of the stages in them.

    Raises:
        WorkbenchError: If there is no such layer, or nothing in a range.
    """
    ends, order = ends_of_stages(network), list(network.layers)
    if not named:
        return tuple(ends)
    found: set[str] = set()
    for word in named:
        first, dots, last = (part.strip() for part in word.partition(BETWEEN))
        check_layers([first, last] if dots else [first], network)
        if not dots:
            found.add(first)
            continue
        begin, stop = order.index(first), end_of(last, order, ends)
        if not (inside := {name for name in ends if begin <= order.index(name) <= stop}):
            raise WorkbenchError(f"No stage of the network ends within {word}.")
        found |= inside
    return tuple(name for name in order if name in found)


def end_of(layer: str, order: Sequence[str], ends: Sequence[str]) -> int:
    """The place of the end of the stage that a layer is in."""
    at = order.index(layer)
    return min((order.index(end) for end in ends if order.index(end) >= at), default=at)


def most_probable(run: Run, network: Network, image: Image.Image) -> int:
    """The class that the network names first."""
    with torch.inference_mode():
        return int(network(run.preprocess(image)[None].to(network.device)).argmax())
