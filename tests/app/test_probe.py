"""Probes: what each layer is worth in one line, curves to point at, and the worst classes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.test_retrieval import words
from training.runs import Run
from viz import answer
from viz.probe import ProbeQuery

Open = Callable[..., AppTest]
Said = Callable[[AppTest, str], str | None]
ASKED = {"per_class": 3, "splits": 1, "pooling": "mean"}


@pytest.fixture
def probed(small: Run) -> Run:
    """The run, its last epoch probed on its own data."""
    answer(ProbeQuery(str(small.path), 3, epochs=(3,), **ASKED))
    return small


def test_the_best_layer_is_named_with_the_images_it_took_and_chance(app: Open, probed: Run) -> None:
    test = app("probe", **ASKED)
    assert not test.exception
    found = answer(ProbeQuery(str(probed.path), 3, epochs=(3,), **ASKED), cached_only=True)
    best = max(one.mean for one in found)
    said = words(test)
    assert "is worth most: from 3 images of each of 4 classes" in said
    assert f"**{100 * best:.1f} %** of others are classified correctly; chance is 25.0 %" in said


@pytest.mark.usefixtures("probed")
def test_the_classes_told_apart_least_stand_in_order(app: Open) -> None:
    said = words(app("probe", **ASKED))
    shares = [float(part.split(" %")[0]) for part in said.split("** · ")[1:]]
    assert len(shares) == 4
    assert shares == sorted(shares)


def test_every_epoch_is_asked_by_one_click(app: Open, probed: Run, in_address: Said) -> None:
    answer(ProbeQuery(str(probed.path), epochs=(0, 1, 2, 3), **ASKED))
    test = app("probe", **ASKED)
    test.segmented_control(key="address-epochs-0").set_value("all epochs").run()
    assert in_address(test, "epochs") == "0,1,2,3"
    assert "at epoch 0 the best layer has" in words(test)


@pytest.mark.usefixtures("small")
def test_no_more_images_a_class_are_offered_than_the_smallest_class_has(app: Open) -> None:
    test = app("probe", per_class=100)
    assert test.number_input[0].max == 8  # of 32 training images
    assert any("There is no per_class “100” here" in each.value for each in test.info)


@pytest.mark.usefixtures("probed")
def test_a_data_set_that_is_not_there_is_told(app: Open, tmp_path: Path) -> None:
    test = app("probe", on=f"folder:{tmp_path / 'nowhere'}")
    assert not test.exception
    assert any("nowhere" in each.value for each in (*test.error, *test.info, *test.warning))
