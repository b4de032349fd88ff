"""Directions: what excites a layer along each kind, and a quiz that keeps score."""

from __future__ import annotations

from collections.abc import Callable
from math import comb

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.test_retrieval import words

Open = Callable[..., AppTest]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("kind", ["channel", "concept", "random"])
def test_each_kind_has_its_picture_and_the_line_that_makes_it(app: Open, kind: str) -> None:
    test = app("directions", kind=kind, layer="relu3", count=3)
    assert not test.exception
    line = next(code.value for code in test.code if code.value.startswith("python -m viz"))
    assert "directions" in line
    assert "--count 3" in line


@pytest.mark.usefixtures("small")
def test_the_quiz_tells_each_answer_and_at_the_end_how_likely_guessing_is(app: Open) -> None:
    test = app("directions", kind="quiz", layer="relu3", count=2)
    for number in range(6):  # two of each kind
        assert not test.exception
        assert f"**{number + 1} of 6**" in words(test)
        test.button(key=f"quiz random {number}").click().run()
    said = words(test)
    by_guessing = sum(comb(6, many) * 2 ** (6 - many) for many in range(2, 7)) / 3**6
    assert "**2 of 6 right**" in said  # there are two random directions among them
    assert f"{100 * by_guessing:.0f} % of quizzes" in said
    assert "could not tell them apart" in said
    again = next(button for button in test.button if button.label.startswith("Again"))
    again.click().run()
    assert "**1 of 6**" in words(test)
