"""Readable names for the layers of a network that no paper names."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence

from torch import nn

from training.adopt.calls import Call
from training.models.adopted import may_be_called
from training.models.paper_names import word_for

_LONGEST = 80  # letters of a name; it may get a word and a number more
_COUNTED = (nn.Conv2d, nn.Linear)


def own_names(calls: Sequence[Call]) -> list[str]:
    """A name for each call: the author's, or what it does and a number.

    - A module keeps the name that its author gave it: layer1.0.bn2 becomes layer1_0_bn2, and so do
      dashes, slashes and blanks; what is very long is cut. One that is called several times is
      relu1, relu2, relu3.
    - What has no name but a place in a Sequential, and functions, are called by what they do:
      relu1, pool1; within the author's blocks layer1_0_add.
    - A chain in which nothing has a name is numbered as in the papers: conv1 relu1 pool1 … fc6.
    """
    if _nameless_chain(calls):
        return list(_as_in_papers(calls))
    given = [_given(call) for call in calls]
    many = Counter(given)
    seen: Counter[str] = Counter()
    names: list[str] = []
    for call, name in zip(calls, given, strict=True):
        seen[name] += 1
        if many[name] > 1 or not (call.own or call.path):
            name += ("_" if name[-1].isdigit() else "") + str(seen[name])
        elif not may_be_called(name):  # Network.head is something else
            name += f"_{word_for(call.module)}"
        names.append(_free(name, names))
    return names


def _given(call: Call) -> str:
    *above, last = call.path.split(".")
    if not call.own:
        above, last = [*above, last], word_for(call.module)
    elif last.isdigit():
        last = word_for(call.module)
    parts = (part.lstrip("_") for part in (*above, last))  # _conv_stem is private, not a name
    name = worded("_".join(part for part in parts if part)) or word_for(call.module)
    return name if name[0].isalpha() else f"layer{name}"  # the second block of a Sequential: 1_add


def worded(name: str) -> str:
    """A name's letters, digits and underscores, of any script; each stretch of others is one _."""
    return re.sub(r"\W+", "_", unicodedata.normalize("NFC", name))[:_LONGEST].rstrip("_")


def _free(name: str, names: Sequence[str]) -> str:
    endings = ("", "_", *(f"_{number}" for number in range(2, len(names) + 3)))
    return next(
        name + ending
        for ending in endings
        if name + ending not in names and may_be_called(name + ending)
    )


def _nameless_chain(calls: Sequence[Call]) -> bool:
    chain = all(call.sources == (number - 1,) for number, call in enumerate(calls))
    weighted = [call for call in calls if call.own and any(call.module.state_dict())]
    return chain and all(call.path.split(".")[-1].isdigit() for call in weighted)


def _as_in_papers(calls: Sequence[Call]) -> Iterator[str]:
    """What follows the third convolution is relu3, norm3, pool3."""
    number = 0
    names: list[str] = []
    for call in calls:
        number += isinstance(call.module, _COUNTED)
        name = f"{word_for(call.module)}{max(number, 1)}"
        names.append(name if name not in names else _free(f"{name}_", names))
        yield names[-1]
