"""What a forward pass has, and a `Network` does by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from torch import nn

from training.adopt.calls import Call
from training.adopt.padding import Pad


def without_needless(
    calls: Sequence[Call], outputs: Mapping[str, int]
) -> tuple[tuple[Call, ...], dict[str, int]]:
    """The calls that a `Network` needs, numbered anew, and the outputs by their new numbers.

    It flattens maps before a fully connected layer by itself, and its convolutions pad.
    """
    readers: dict[int, list[int]] = {number: [] for number in range(len(calls))}
    for number, call in enumerate(calls):
        for source in call.sources:
            readers.setdefault(source, []).append(number)
    heads = set(outputs.values())

    def takes_maps(number: int) -> bool:
        module = calls[number].module
        if isinstance(module, nn.Linear):
            return True
        return isinstance(module, (nn.Dropout, nn.ReLU)) and spared(number)

    def spared(number: int) -> bool:
        return number not in heads and all(map(takes_maps, readers[number]))

    kept: list[Call] = []
    new = {-1: -1}
    for number, call in enumerate(calls):
        if isinstance(call.module, Pad) or (isinstance(call.module, nn.Flatten) and spared(number)):
            new[number] = new[call.sources[0]]
            continue
        new[number] = len(kept)
        kept.append(replace(call, sources=tuple(new[source] for source in call.sources)))
    return tuple(kept), {name: new[number] for name, number in outputs.items()}
