"""What an index such as x[:, 48:] keeps of a tensor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import fx


def channels_kept(places: Any, old: Sequence[int], new: Sequence[int]) -> range | None:
    """The channels that an index keeps, where it keeps all else and gives them in their order.

    Args:
        places: What stands in the brackets.
        old: Shape of the tensor.
        new: Shape of what comes out; a side of one may be gone.
    """
    given = _written_out(places, len(old))
    if given is None:
        return None
    kept = [_kept(place, side) for place, side in zip(given, old, strict=True)]
    others = [place for place in range(len(old)) if place != 1]
    if any(kept[place] != range(old[place]) for place in others):
        return None
    channels = kept[1]
    is_whole = channels == range(old[1])
    if channels is None or channels.step != 1 or not (is_whole or len(new) == len(old)):
        return None
    return channels


def _written_out(places: Any, sides: int) -> tuple[Any, ...] | None:
    """An index for each side of a tensor: x[..., 0] is x[:, :, :, 0]."""
    given = places if isinstance(places, tuple) else (places,)
    if any(each is None or isinstance(each, bool | fx.Node) for each in given):
        return None
    missing = sides - len(given) + given.count(Ellipsis)
    if Ellipsis in given:
        at = given.index(Ellipsis)
        return (*given[:at], *[slice(None)] * missing, *given[at + 1 :])
    return (*given, *[slice(None)] * missing)


def _kept(place: Any, side: int) -> range | None:
    """Which of a side's places an index keeps."""
    if isinstance(place, slice):
        return range(side)[place]
    if isinstance(place, int):
        return range(side)[place : place + 1] if place != -1 else range(side)[-1:]
    return None
