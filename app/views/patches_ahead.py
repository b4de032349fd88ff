"""What the page Top patches will most likely show next, made while the visitor looks at it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from app.jobs.ahead import LENDER_AHEAD, Breathe, NotWanted, Step
from app.jobs.ask import can_cache
from app.shell.frame import Choice
from app.views.patch_inspector import strips_for
from app.widgets.cached_patches import cached_patches, tiles_of_channel
from training.status import RUNNING
from viz.network.layers import mined_together
from viz.store.answer import CacheMiss
from viz.store.lend import plan_of
from viz.top_patches import TopPatches, TopPatchesQuery

MINE_AHEAD_S = 60.0


@dataclass(frozen=True)
class Seen:
    """What the visitor looks at now."""

    choice: Choice
    layer: str
    top: TopPatches
    channels: Sequence[int]
    channel: int  # in the inspector


def pages_after(order: list[int], first: int, count: int) -> list[list[int]]:
    """The channels of the next two pages and of the one before."""
    firsts = [first + count, first + 2 * count, first - count]
    return [order[start : start + count] for start in firsts if 0 <= start < len(order)]


def steps_ahead(seen: Seen, pages: Sequence[Sequence[int]]) -> list[Step]:
    """What the next pages show, and this page at the next two epochs and the one before."""
    choice, layer = seen.choice, seen.layer
    steps = [
        step
        for channels in pages
        for step in tiles_ahead(choice, layer, seen.top, channels, channels[0])
    ]
    epochs = choice.run.epochs
    here = epochs.index(choice.epoch)
    if choice.run.status().state == RUNNING or not can_cache(choice.run):
        return steps
    for place in (here + 1, here + 2, here - 1):
        if 0 <= place < len(epochs):
            at = Choice(choice.run, epochs[place])
            steps.append(partial(mine_ahead, at, layer))
            shown = [seen.channel, *(each for each in seen.channels if each != seen.channel)]
            steps += [partial(tile_ahead, at, layer, channel) for channel in shown]
            steps.append(partial(strips_ahead, at, layer, seen.channel))
    return steps


def tiles_ahead(
    choice: Choice, layer: str, top: TopPatches, channels: Sequence[int], inspected: int
) -> list[Step]:
    """The tiles of a page, a channel a step, and what its inspector will show."""
    which = str(choice.run.path), choice.digest, choice.epoch, layer
    make = partial(tiles_of_channel, *which, _top=top, _lender=LENDER_AHEAD)

    def tiles(channel: int, _breathe: Breathe) -> object:
        return make(channel)

    steps: list[Step] = [partial(tiles, channel) for channel in channels]
    return [*steps, lambda _breathe: strips_for(choice, layer, top, inspected, LENDER_AHEAD)]


def mine_ahead(choice: Choice, layer: str, breathe: Breathe) -> None:
    """The patches of another epoch, where that takes no more than a minute."""
    try:
        cached_patches(choice, layer)
        return
    except CacheMiss:
        pass
    began, paused = time.monotonic(), 0.0

    def progress(done: int, total: int) -> None:
        nonlocal paused
        before = time.monotonic()
        breathe()
        paused += time.monotonic() - before
        elapsed = time.monotonic() - began - paused
        if done and elapsed * total / done > MINE_AHEAD_S:
            raise NotWanted

    together = tuple(mined_together(plan_of(choice.run), layer)) or (layer,)
    query = TopPatchesQuery(str(choice.run.path), choice.epoch, together)
    LENDER_AHEAD.ask(query, progress=progress)


def tile_ahead(choice: Choice, layer: str, channel: int, _breathe: Breathe) -> None:
    """The tiles of a channel at another epoch, where it has been mined."""
    with suppress(CacheMiss):
        top = cached_patches(choice, layer)
        which = str(choice.run.path), choice.digest, choice.epoch, layer, channel
        tiles_of_channel(*which, _top=top, _lender=LENDER_AHEAD)


def strips_ahead(choice: Choice, layer: str, channel: int, _breathe: Breathe) -> None:
    """What the inspector shows of a channel at another epoch, where it has been mined."""
    with suppress(CacheMiss):
        strips_for(choice, layer, cached_patches(choice, layer), channel, LENDER_AHEAD)
