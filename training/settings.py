"""Settings are declared once, as the fields of a dataclass, and checked here.

A field's type says what it may be, and `Annotated` what the type leaves open:

    widths: Annotated[tuple[Count, ...], Length(1)]
    dropout: Annotated[float, Range(0, below=1)]
    pooling: Annotated[str, OneOf(POOLINGS)]

`settle(self)` in `__post_init__` holds every field against its declaration, wherever the value
comes from (Python, a command line, YAML, run.json): what does not fit is a sentence, and what fits
is put into the declared type, so that a list from JSON is a tuple and numpy's 3 is 3.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

from training.errors import WorkbenchError

LONGEST = 80  # characters of a wrong value that a message repeats
_LISTS = (list, tuple, range, np.ndarray)
_UNIONS = (Union, UnionType)


@dataclass(frozen=True)
class Range:
    """Which numbers a setting may have."""

    least: float | None = None
    most: float | None = None
    above: float | None = None
    below: float | None = None

    def __contains__(self, number: float) -> bool:
        return (
            (self.least is None or number >= self.least)
            and (self.most is None or number <= self.most)
            and (self.above is None or number > self.above)
            and (self.below is None or number < self.below)
        )

    def words(self, noun: str) -> str:
        """A number from 0 to below 1."""
        between = self.least is not None and (self.most is not None or self.below is not None)
        limits = {
            "from" if between else "of at least": self.least,
            "above": self.above,
            "to" if between else "of at most": self.most,
            "to less than" if between else "below": self.below,
        }
        said = [f"{word} {limit:,}" for word, limit in limits.items() if limit is not None]
        return f"{noun} {(' ' if between else ' and ').join(said)}"


@dataclass(frozen=True)
class Length:
    """How many entries a list may have, or how many letters a word."""

    least: int = 0
    most: float = math.inf

    def __contains__(self, entries: Sequence[Any]) -> bool:
        return self.least <= len(entries) <= self.most

    def words(self, noun: str) -> str:
        """A list with at least 1 entry, each of them a number."""
        if noun == TEXT:
            return f"{noun} that is not empty"
        count = f"{self.least}" if self.least == self.most else f"at least {self.least}"
        head, comma, rest = noun.partition(",")
        return f"{head} with {count} {'entry' if self.least == 1 else 'entries'}{comma}{rest}"


class OneOf:
    """The names in a registry, which stays the one place where they are listed."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)

    def __contains__(self, name: str) -> bool:
        return name in self.names

    def words(self, _noun: str) -> str:
        """One of relu, tanh, sigmoid."""
        return f"one of {', '.join(map(str, self.names))}"


TEXT = "text"
_WORDS: dict[Any, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: TEXT,
    list: "a list",
    dict: "names with values",
}
Count = Annotated[int, Range(1, 65_536)]
Probability = Annotated[float, Range(0, below=1)]
LARGEST_IMAGE = 4_096  # px
Side = Annotated[int, Range(1, LARGEST_IMAGE)]
"""Of a square image, px."""
Seed = Annotated[int, Range(0, 2**31 - 1)]
Classes = Annotated[int, Range(1, 1_000_000)]
Filled = Annotated[str, Length(1)]


class _Unfit(Exception):
    """A value is not what was declared."""


def settle(settings: Any, prefix: str = "") -> None:
    """Check all fields of a frozen dataclass, and put their values into the declared types.

    Args:
        settings: The dataclass, from its `__post_init__`.
        prefix: Before each name in messages: -- where the fields are flags.

    Raises:
        WorkbenchError: If a value does not fit; names the field, the value and what is accepted.
    """
    kinds = _kinds(type(settings))  # type: ignore[arg-type]  # a class can be hashed
    for field in fields(settings):
        value = getattr(settings, field.name)
        fitting = checked(prefix + field.name, kinds[field.name], value)
        object.__setattr__(settings, field.name, fitting)


def checked(name: str, kind: Any, value: Any) -> Any:
    """The value in its declared type.

    Args:
        name: What messages call it.
        kind: A type as fields have it, such as `tuple[Count, ...] | None`.
        value: Anything.

    Raises:
        WorkbenchError: If it does not fit.
    """
    try:
        return _fitting(kind, value)
    except _Unfit:
        raise WorkbenchError(f"{name} must be {accepted(kind)}, got {_shown(value)}.") from None


def accepted(kind: Any) -> str:
    """What a declared type takes, in words: a whole number of at least 1, or None."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        words = accepted(parts[0])
        for limit in parts[1:]:
            words = limit.words(words)
        return words
    if origin in _UNIONS:
        return ", or ".join(accepted(part) for part in parts)
    if origin is Literal:
        return f"one of {', '.join(map(str, parts))}"
    if origin in (tuple, list):
        return f"a list, each of them {accepted(parts[0])}"
    if origin in (dict, Mapping):
        return "names with values" + ("" if parts[1] is Any else f", each {accepted(parts[1])}")
    if kind in (None, NoneType):
        return "None"
    return _WORDS.get(kind) or str(getattr(kind, "__name__", kind))


@cache
def _kinds(settings: type) -> dict[str, Any]:
    return get_type_hints(settings, include_extras=True)


def _fitting(kind: Any, value: Any) -> Any:
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        value = _fitting(parts[0], value)
        _require(all(value in limit for limit in parts[1:]))
        return value
    if origin in _UNIONS:
        return _first_fitting(parts, value)
    if origin is Literal:
        _require(any(type(value) is type(part) and value == part for part in parts))
        return value
    if origin in (tuple, list):
        _require(isinstance(value, _LISTS) and getattr(value, "ndim", 1) == 1)
        return origin(_fitting(parts[0], entry) for entry in value)
    if origin in (dict, Mapping):
        _require(isinstance(value, Mapping))
        return {_fitting(parts[0], name): _fitting(parts[1], each) for name, each in value.items()}
    return value if kind is Any else _plain(kind, value)


def _first_fitting(kinds: Sequence[Any], value: Any) -> Any:
    for kind in kinds:
        try:
            return _fitting(kind, value)
        except _Unfit:
            continue
    raise _Unfit


def _plain(kind: Any, value: Any) -> Any:
    """A truth value, a number, a word or nothing. True is no number, and 1 is not true."""
    if kind in (None, NoneType):
        _require(value is None)
        return None
    truth = isinstance(value, bool | np.bool_)
    if kind is bool:
        _require(truth)
    elif kind is int:
        _require(isinstance(value, Integral) and not truth)
    elif kind is float:
        _require(isinstance(value, Real) and not truth and _is_finite(value))
    else:
        _require(isinstance(value, kind))
        return value
    return kind(value)


def _is_finite(number: Real) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:  # a whole number of more than 300 digits
        return False


def _require(fits: bool) -> None:
    if not fits:
        raise _Unfit


def _shown(value: Any) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
