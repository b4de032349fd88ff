"""Layers of a network named together: conv1..conv3 in forward order, or a list with commas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from torch import nn

from training.errors import WorkbenchError

if TYPE_CHECKING:
    from training.models import Network

ALL = "all"
BETWEEN = ".."
BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.SyncBatchNorm)


def is_range(words: str) -> bool:
    """Whether layers are named from one to another, and not a pattern of parameter names."""
    return BETWEEN in words


def layers_named(words: str, network: Network, flag: str) -> tuple[str, ...]:
    """The layers with weights or statistics that are meant, in forward order.

    A batch normalisation goes with the layer that feeds it: conv1..conv3 ends with bn3.

    Args:
        words: Names and ranges of names, with commas between.
        network: Whose order counts.
        flag: What messages call the setting.

    Raises:
        WorkbenchError: If there is no such layer, or a range runs backwards.
    """
    order = list(network.layers)
    meant: set[str] = set()
    for word in filter(None, map(str.strip, words.split(","))):
        first, _dots, last = word.partition(BETWEEN)
        begin, end = (_place(name.strip(), network, flag) for name in (first, last or first))
        if begin > end:
            raise WorkbenchError(
                f"{flag} names {word}, but {last} comes before {first}. Give {last}..{first}."
            )
        meant.update(order[begin : end + 1])
    meant |= _their_batch_norms(network, meant)
    return tuple(name for name in with_weights(network) if name in meant)


def frozen_layers(words: str, network: Network, new: Sequence[str]) -> tuple[str, ...]:
    """The layers that `--freeze` means.

    Args:
        words: As for `layers_named`; all for every layer but the new ones; empty for none.
        network: To be trained.
        new: Layers that nothing is known of yet, the last one above all.

    Raises:
        WorkbenchError: As `layers_named`, if a new layer is meant, or nothing with weights is.
    """
    if words == ALL:
        return tuple(name for name in with_weights(network) if name not in new)
    found = layers_named(words, network, "--freeze")
    if frozen_new := [name for name in found if name in new]:
        raise WorkbenchError(
            f"--freeze {words} includes {', '.join(frozen_new)}, which starts anew and has to "
            "learn. Freeze the layers before it: --freeze all leaves it out."
        )
    if words.strip() and not found:
        raise WorkbenchError(
            f"--freeze {words} names no layer with weights. There are: "
            f"{', '.join(name for name in with_weights(network) if name not in new)}."
        )
    return found


def with_weights(network: Network) -> Iterable[str]:
    """Names of the layers that have something to keep, in forward order."""
    return [name for name, layer in network.layers.items() if layer.state_dict()]


def _place(name: str, network: Network, flag: str) -> int:
    order = list(network.layers)
    if name not in order:
        raise WorkbenchError(
            f"{flag} names {name!r}, and the network has no such layer. It has: "
            f"{', '.join(with_weights(network))}."
        )
    return order.index(name)


def _their_batch_norms(network: Network, meant: set[str]) -> set[str]:
    layers = network.layers
    return {
        name
        for name, sources in network.inputs.items()
        if isinstance(layers[name], BATCH_NORMS) and meant.issuperset(sources)
    }
