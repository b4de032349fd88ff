"""The papers' words as numbers, and both as bars."""

import math

import pytest

from training.recipe import read_recipe, shipped
from viz.comparison.claim_figure import claim_figure
from viz.comparison.paper import paper_numbers


def test_every_shipped_recipe_has_a_number_to_draw() -> None:
    for name in shipped():
        assert paper_numbers(read_recipe(name).paper), name


def test_the_first_error_counts_and_words_have_no_bar() -> None:
    found = paper_numbers({"a": "40.5 %, 18.1 %", "b": "–", "c": "38.4 %, 16.5 %"})
    assert found is not None
    assert found.values == pytest.approx({"a": 0.405, "c": 0.384})
    assert found.say(found.values["a"]) == "40.5 %"


def test_points_more_are_put_on_top_of_the_one_error_that_is_told() -> None:
    found = paper_numbers({"whole": "0 (40.5 %)", "without": "1.1 points more"})
    assert found is not None
    assert found.values == pytest.approx({"whole": 0.405, "without": 0.416})


def test_multiples_are_drawn_as_such() -> None:
    found = paper_numbers({"relu": "1 ×", "tanh": "6 × as many epochs"})
    assert found is not None
    assert (found.unit, found.say(found.values["tanh"])) == ("times", "6 ×")


def test_without_numbers_there_is_nothing_to_draw() -> None:
    assert paper_numbers({"none": "substantial overfitting"}) is None


def test_ours_stand_beside_the_papers() -> None:
    paper = paper_numbers({"a": "40.5 %", "b": "38.4 %"})
    alone = claim_figure(["a", "b"], paper)
    both = claim_figure(["a", "b"], paper, {"a": (0.5, math.nan), "b": (0.4, 0.01)})
    assert len(alone.axes) == 1
    assert [ax.get_title(loc="left") for ax in both.axes] == [
        "In the paper: error",
        "Here: top-1 error",
    ]
    said = [text.get_text() for text in both.axes[1].texts]
    assert said == ["50.0 %", "40.0 ± 1.0 %"]
