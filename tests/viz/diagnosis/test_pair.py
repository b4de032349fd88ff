"""Of two networks the one with fewer faults is preferred, and its error may contradict that."""

import pytest

from viz.diagnosis.pair import EQUAL, Vote, verdict

NAMES = ("7x7", "11x11")
BETTER, WORSE = Vote("x", (0.1, 0.2)), Vote("y", (0.5, 0.3))


def test_shares_that_hardly_differ_are_alike():
    assert Vote("x", (0.3, 0.3 + 0.9 * EQUAL)).better is None
    assert Vote("x", (0.3, 0.3 + 1.1 * EQUAL)).better == 0


@pytest.mark.parametrize(
    ("cast", "errors", "words"),
    [
        ([BETTER], (None, 0.5), "1 of 1 numbers speak for 7x7."),
        ([BETTER, BETTER, WORSE], (None, None), "2 of 3 numbers speak for 7x7, 1 for 11x11."),
        (
            [WORSE],
            (0.8, 0.7),
            "1 of 1 numbers speak for 11x11. It generalises better, too: top-1 error 70.0 % "
            "against 80.0 %.",
        ),
        (
            [WORSE],
            (0.5, 0.7),
            "1 of 1 numbers speak for 11x11. Yet it does not generalise better: top-1 error "
            "70.0 % against 50.0 %.",
        ),
    ],
)
def test_it_is_said_which_is_preferred_and_whether_it_generalises(cast, errors, words):
    assert verdict(cast, NAMES, errors) == words
