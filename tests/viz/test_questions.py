"""Every view's question: its line parses back, its Python lines bring its arrays, no hidden state.

The questions are those of the golden arrays, so a new view joins by a case there.
"""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.golden.cases import CASES
from tests.golden.subject import Subject, build
from viz import ask, ask_two, pair
from viz.cli import parser_of, second_of
from viz.store.answer import Side
from viz.store.lines import (
    arguments,
    python_lines,
    python_lines_of_two,
    read,
    shell_line,
)
from viz.store.query import Look, Query
from viz.store.view import views

NAMES = [name for name, case in CASES.items() if case.flags.split()[0] in views()]


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subject]:
    folder = tmp_path_factory.mktemp("it's a folder; with $names (ü)")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FILTERSCOPE_CACHE", "")
        yield build(folder)


def asked(name: str, subject: Subject) -> tuple[Query[Any], Look, Query[Any] | None]:
    """Question, look and the second network's question of a case."""
    view, *words = CASES[name].arguments(subject)
    kind = views()[view]
    flags = vars(parser_of(kind).parse_args(words))
    query, look = read(kind, flags), read(kind.look, flags)
    other = flags["compare_with"]
    return query, look, other and second_of(query, other, flags["compare_epoch"])


def shown(query: Query[Any], look: Look, second: Query[Any] | None) -> tuple[Side, Any]:
    """The first side, and what is seen of one or both."""
    if second is None:
        side = ask(query, look)
        return side, side.shown
    sides = ask_two(query, second, look)
    return sides[0], pair(*sides)


@cache
def seen(name: str, subject: Subject) -> tuple[Side, dict[str, np.ndarray]]:
    """The first side of a case and all arrays, asked once for the tests of a process."""
    side, what = shown(*asked(name, subject))
    return side, what.arrays()


def equal(one: dict[str, np.ndarray], two: dict[str, np.ndarray]) -> bool:
    return one.keys() == two.keys() and all(
        np.array_equal(one[name], two[name], equal_nan=one[name].dtype.kind == "f") for name in one
    )


def test_there_is_a_question_of_every_view() -> None:
    asked_otherwise = {"self-check"}  # it has no arrays
    cases = {CASES[name].flags.split()[0] for name in NAMES}
    assert cases | asked_otherwise >= set(views())


@pytest.mark.parametrize("name", NAMES)
def test_the_resolved_question_s_line_parses_back_to_it(name: str, subject: Subject) -> None:
    side, _ = seen(name, subject)
    words = shlex.split(shell_line(side.query, side.shown.look, out="a b.npz"))[3:]
    assert words == arguments(side.query, side.shown.look, out="a b.npz")
    kind = type(side.query)
    flags = vars(parser_of(kind).parse_args(words[1:]))
    assert read(kind, flags) == side.query
    assert read(kind.look, flags) == side.shown.look


@pytest.mark.parametrize("name", NAMES)
def test_the_resolved_question_brings_the_arrays_of_the_one_with_defaults(
    name: str, subject: Subject
) -> None:
    (_, _, second), (side, arrays) = asked(name, subject), seen(name, subject)
    inside: dict[str, Any] = {}
    if second is None:
        exec(python_lines(side.query, side.shown.look), inside)
        found = inside["shown"].arrays()
    else:
        exec(python_lines_of_two(side.query, second, side.shown.look), inside)
        found = inside["both"].arrays()
    assert equal(found, arrays)


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_depends_on_its_question_and_nothing_else(name: str, subject: Subject) -> None:
    query, look, second = asked(name, subject)
    _, arrays = seen(name, subject)  # what other cases had left there may have been used
    for one in (query, second):
        if one is not None:
            shutil.rmtree(Path(one.run) / "derived", ignore_errors=True)
    _, empty = shown(query, look, second)
    assert equal(empty.arrays(), arrays)


@pytest.mark.parametrize("view", ["architecture", "curves", "object-scale"])
def test_what_asks_for_no_weights_needs_no_checkpoint(
    view: str, subject: Subject, tmp_path: Path
) -> None:
    run = tmp_path / "begun"
    shutil.copytree(subject.run, run, ignore=shutil.ignore_patterns("checkpoints"))
    kind = views()[view]
    assert ask(kind(str(run)), kind.look()).shown.arrays()
