"""Shares as people say them, and names of classes in full where there is little room."""

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import takewhile
from math import ceil
from textwrap import wrap

MOST_LINES = 4  # a name beyond them is no name any more
LETTERS = 22  # of a line under an image or beside a bar


def percent(share: float, digits: int = 1) -> str:
    """8.4 %, 92.1 %; with no digits 8 %."""
    return f"{100 * share:.{digits}f} %"


def label_of(names: Sequence[str], index: int, letters: int | None = LETTERS) -> str:
    """A class by its name, in lines of about so many letters: nothing is cut off.

    Left out are what all names begin with, and synonyms after a comma (ImageNet's "tench, Tinca
    tinca") unless another class has the same first name. An index without a name shows as such.

    Args:
        names: Of all classes.
        index: Of the class.
        letters: Of a line; None for a single line.
    """
    if not 0 <= index < len(names):
        return f"class {index}"
    name = short_names(tuple(names))[index]
    return name if letters is None else "\n".join(in_lines(name, letters))


@lru_cache(maxsize=32)
def short_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """All names without synonyms and without what they have in common; no two become alike."""
    firsts = [name.split(",")[0].strip() for name in names]
    often = Counter(firsts)
    short = [
        first if first and often[first] == 1 else name
        for first, name in zip(firsts, names, strict=True)
    ]
    pairs = zip(min(short, default=""), max(short, default=""), strict=False)
    shared = "".join(one for one, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    # up to a word's end, and not where no more than a number would be left
    shared = shared[: max(shared.rfind(mark) for mark in " _-/:,") + 1]
    rest = [name[len(shared) :] for name in short]
    named = len(set(names)) > 1 and all(any(map(str.isalpha, one)) for one in rest)
    return tuple(rest if shared and named else short)


def in_lines(name: str, letters: int = LETTERS) -> list[str]:
    """A name in as few lines of so many letters as it takes, all about equally long."""
    lines = wrap(name, letters)
    if len(lines) > MOST_LINES:
        return wrap(name, letters, max_lines=MOST_LINES, placeholder=" …")
    longest = max((len(word) for word in name.split() if len(word) <= letters), default=1)
    for width in range(max(longest, ceil(len(name) / max(len(lines), 1))), letters):
        if len(narrower := wrap(name, width)) <= len(lines):
            return narrower
    return lines or [name]


def from_to(before: float, after: float) -> str:
    """98 → 82 %; with as many digits as tell the two apart, and a share from all and nothing."""
    for digits in range(3):
        texts = [f"{100 * share:.{digits}f}" for share in (before, after)]
        if texts[0] != texts[1] and not {float(text) for text in texts} & {0.0, 100.0}:
            break
    return f"{texts[0]} → {texts[1]} %"


PLACES = (
    ("the upper left", "the top", "the upper right"),
    ("the left", "the centre", "the right"),
    ("the lower left", "the bottom", "the lower right"),
)


def ninth(y: float, x: float) -> str:
    """Which ninth of a picture a point lies in; 0 to 1 from its top and from its left."""
    row, column = (min(max(int(3 * share), 0), 2) for share in (y, x))
    return PLACES[row][column]
