"""Answers: loaded where cached, else computed and cached. The only place that decides which."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Generic

from training.errors import WorkbenchError
from training.progress import Progress, silent
from training.runs import Run
from viz.store import cache
from viz.store.lend import Lender, Opened, is_number, same_images
from viz.store.query import Answer, Asked, Query, Resumable, names_images

SAVE_EVERY_S = 1.0  # also how old the picture may be that a page shows meanwhile


class CacheMiss(Exception):
    """The answer is not cached and computing it was not wanted."""


def answer(
    query: Query[Answer],
    lender: Lender | None = None,
    *,
    cached_only: bool = False,
    progress: Progress = silent,
) -> Answer:
    """What a view finds: loaded if it is cached in the run, else computed and cached there.

    Page, command, report and notebook call it with the same object and so share what is cached.
    It can be stopped (an exception raised by `progress`, a signal); resumable work goes on where
    it stopped.

    Args:
        query: The question, resolved or not.
        lender: Opens run, network and images; fresh ones if not given.
        cached_only: Raise `CacheMiss` rather than compute.
        progress: Called as progress(done, total); units are the view's.

    Raises:
        CacheMiss: See `cached_only`.
        WorkbenchError: If the run has no such epoch, image, layer, …
    """
    opened = Opened.for_query(query, lender or Lender())
    return answer_resolved(
        query.resolved(opened), opened, cached_only=cached_only, progress=progress
    )


def answer_resolved(
    query: Query[Answer], opened: Opened, *, cached_only: bool = False, progress: Progress = silent
) -> Answer:
    """The same for a question that leaves nothing to defaults, where the run is open already."""
    return query.join(answers_of_parts(query, opened, cached_only=cached_only, progress=progress))


def answers_of_parts(
    query: Query[Any], opened: Opened, *, cached_only: bool = False, progress: Progress = silent
) -> list[Any]:
    """The answers of a resolved question's parts, each loaded or else computed and cached."""
    if query.on_data and query.cached:
        opened.data(progress)  # decoding it may take longer than all else
    parts = list(query.parts())
    found = {part: load(part, opened) for part in parts} if query.cached else {}
    missing = [part for part in parts if found.get(part) is None]
    if missing and cached_only and query.cached:
        raise CacheMiss
    if missing:
        for part, result in query.work(opened, missing, progress):
            if query.cached:
                save(part, opened, result)
            found[part] = result
    return [found[part] for part in parts]


def so_far(query: Query[Any], opened: Opened) -> list[Any]:
    """The answers of a resolved question's parts as far as they are cached, whole or coarse.

    It ends before the first part of which there is nothing to show.
    """
    found = []
    for part in query.parts():
        known = load(part, opened)
        if known is None and isinstance(part, Resumable):
            state = load_state(part, opened)
            known = state if state is not None and part.grain(state) else None
        if known is None:
            break
        found.append(known)
    return found


def load(query: Query[Answer], opened: Opened) -> Answer | None:
    """The cached answer of a resolved question; None where there is none or it does not fit."""
    return _load(query, opened, query.decode)


def load_state(query: Resumable[Any], opened: Opened) -> Any:
    """How far an earlier pass has come; None where there was none or it does not fit."""
    return _load(query, opened, query.decode_state, partial=True)


def _load(
    query: Query[Any], opened: Opened, decode: Callable[[Any], Any], partial: bool = False
) -> Any:
    found = cache.load(opened.run.derived, query.file_name(opened), query.key(opened), partial)
    if found is None:
        return None
    try:
        return decode(found)
    except cache.DAMAGE:  # an older version's fields, or bytes that nobody wrote
        return None


def save(query: Query[Answer], opened: Opened, answer: Answer) -> None:
    """Cache the answer of a resolved question."""
    cache.save(opened.run.derived, query.file_name(opened), query.key(opened), query.encode(answer))
    if isinstance(query, Resumable):
        forget_state(query, opened)


def save_state(query: Resumable[Any], opened: Opened, state: Any) -> None:
    """Cache the answer of a resolved question as far as it has come."""
    place = opened.run.derived, query.file_name(opened)
    cache.save(*place, query.key(opened), query.encode_state(state), partial=True)


def forget_state(query: Resumable[Any], opened: Opened) -> None:
    """Remove the unfinished answer, now that all that it held is cached whole."""
    cache.forget(opened.run.derived, query.file_name(opened))


def resume(query: Resumable[Any], opened: Opened, progress: Progress) -> Any:
    """Work on from where an earlier pass stopped; what is found is cached as it grows.

    Returns:
        The last state; it is the answer, or holds those of all parts that one pass finds.
    """
    before = state = load_state(query, opened)
    first = 0 if before is None else query.done(before)[0]
    saved = time.monotonic()
    try:
        for state in query.states(opened, before):
            if time.monotonic() - saved > SAVE_EVERY_S:
                save_state(query, opened, state)
                saved = time.monotonic()
            progress(*query.done(state))
    except BaseException:  # also Ctrl-C: whatever the reason, what has been found is not lost
        if state is not None and query.done(state)[0] > first:
            save_state(query, opened, state)
        raise
    assert state is not None
    return state


@dataclass(frozen=True)
class Side(Generic[Asked]):
    """One of the networks that a view shows: who was asked, what, and what there is to see."""

    opened: Opened
    query: Asked  # resolved
    shown: Any  # what `show` gave
    notices: tuple[str, ...] = ()  # what is to be told beside it


def ask(
    query: Asked,
    look: Any,
    lender: Lender | None = None,
    *,
    progress: Progress = silent,
    drawn: bool = True,
) -> Side[Asked]:
    """A question answered and looked at.

    Args:
        query: The question, resolved or not.
        look: What of the answer is looked at.
        lender: Opens run, network and images; fresh ones if not given.
        progress: Called as progress(done, total); units are the view's.
        drawn: Whether there will be a figure or a file of it; else it is only cached.
    """
    opened = Opened.for_query(query, lender or Lender())
    notices = query.notices(opened, look)
    query = query.resolved(opened)
    query.check(opened, look, drawn=drawn)
    found = answer_resolved(query, opened, progress=progress)
    return Side(opened, query, query.show(opened, found, look), notices)


def ask_two(
    first: Asked,
    second: Asked,
    look: Any,
    lender: Lender | None = None,
    *,
    progress: Progress = silent,
) -> tuple[Side[Asked], Side[Asked]]:
    """One question of two networks, with the same images, defaults and look.

    Raises:
        WorkbenchError: If it names validation images and the two runs have other ones.
    """
    lender = lender or Lender()
    runs = [lender.run(query.run) for query in (first, second)]
    check_same_images(first, runs)
    look = first.look_at_two(look)
    one, two = (Opened.for_query(query, lender) for query in (first, second))
    first, second = first.fitted(runs), second.fitted(runs)
    notices = first.notices(one, look), second.notices(two, look)
    first = first.resolved(one)
    second = second.following(first, two)
    a = ask(first, look, lender, progress=progress)
    look = second.look_for(two, a.shown.look)
    b = ask(second, look, lender, progress=progress)
    return replace(a, notices=notices[0]), replace(b, notices=notices[1])


def notices_of(sides: Sequence[Side[Any]]) -> tuple[str, ...]:
    """What is to be told beside one network, or beside two by their letters."""
    if len(sides) == 1:
        return sides[0].notices
    told = zip("AB", sides, strict=True)
    return tuple(f"{who}: {notice}" for who, side in told for notice in side.notices)


def check_same_images(query: Query[Any], runs: Sequence[Run]) -> None:
    """Refuse numbers of validation images that mean other pictures in another run."""
    values = [getattr(query, f.name) or () for f in fields(query) if names_images(f.type)]
    named = [one for value in values for one in ((value,) if isinstance(value, str) else value)]
    if any(map(is_number, named)) and not same_images(runs):
        names = " and ".join(run.name for run in runs)
        raise WorkbenchError(
            f"{names} have other validation images. Give --image the path of a picture for both."
        )


__all__: Sequence[str] = ["CacheMiss", "Side", "answer", "ask", "ask_two", "so_far"]
