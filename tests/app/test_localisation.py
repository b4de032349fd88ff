"""Localisation: a table beside chance, the misses, and a word where no object's place is known."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.test_retrieval import words
from training.runs import Run
from viz import answer
from viz.diagnosis import DiagnosisQuery
from viz.localisation import NAMES, LocalisationQuery

Open = Callable[..., AppTest]


@pytest.fixture
def with_boxes(with_objects: Run) -> Run:
    """The run whose objects are known, asked by three methods."""
    answer(asked(with_objects, "occlusion", "gradient", "grad-cam"))
    return with_objects


def asked(run: Run, *methods: str) -> LocalisationQuery:
    return LocalisationQuery(str(run.path), 3, methods=methods, images=16)


def test_the_methods_stand_in_a_table_beside_chance(app: Open, with_boxes: Run) -> None:
    test = app("localisation", methods="occlusion,gradient")
    assert not test.exception
    [found] = answer(asked(with_boxes, "gradient"), cached_only=True)
    assert f"**{len(found.image)} of 16** images are classified correctly" in words(test)
    names = test.dataframe[0].value[""].tolist()
    assert names == ["Occlusion", "Gradient", "Middle of the picture", "Random point"]
    assert test.dataframe[0].value["hits the object"].iloc[3] == "14.1 %"  # 144 of 1024 px


def test_the_command_under_the_picture_asks_the_same_question(app: Open, with_boxes: Run) -> None:
    test = app("localisation", methods="gradient")
    line = next(code.value for code in test.code if code.value.startswith("python -m viz"))
    assert "--methods gradient --images 16" in line
    assert f"localisation {with_boxes.path} --epoch 3" in line


def test_a_method_that_there_is_not_gives_way_to_the_usual(app: Open, with_boxes: Run) -> None:
    assert with_boxes.epochs
    test = app("localisation", methods="lime")
    assert not test.exception
    assert test.multiselect[0].value == ["occlusion", "grad-cam"]
    assert test.multiselect[0].options == list(NAMES.values())


def test_without_boxes_it_says_what_would_tell_them(app: Open, small: Run) -> None:
    assert small.epochs
    test = app("localisation")
    assert not test.exception
    assert "boxes" in test.info[0].value


def test_diagnose_sets_objects_beside_receptive_fields(app: Open, with_boxes: Run) -> None:
    answer(DiagnosisQuery(str(with_boxes.path), 3))
    test = app("diagnosis")
    assert not test.exception
    assert "Objects are 12 px wide in the median" in words(test)
