"""Convolution by hand: the network's own units, the lecture's, and a typed kernel."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.test_retrieval import words
from training.runs import Run
from viz.by_hand import unit_by_hand
from viz.drawing.style import number

Open = Callable[..., AppTest]


def test_a_unit_of_the_network_is_summed_up(app: Open, small: Run) -> None:
    test = app("by_hand", channel=2, unit="3,4", image="val:1")
    assert not test.exception
    image = small.preprocess.from_uint8(small.data().val.images[1:2])[0]
    total = unit_by_hand(small.network(), image, 2, 3, 4).total
    assert f"The sum is **{number(total)}**" in words(test)


@pytest.mark.parametrize(("patch", "total"), [("on the curve", "6,600"), ("elsewhere", "0")])
def test_the_lectures_example_comes_out(app: Open, patch: str, total: str) -> None:
    test = app("by_hand", kernel="lecture")
    next(group for group in test.button_group if group.label == "Patch").set_value(patch).run()
    assert not test.exception
    assert f"The sum is **{total}**" in words(test)


def test_a_kernel_can_be_typed_and_a_wrong_one_is_refused_in_words(app: Open) -> None:
    test = app("by_hand", kernel="typed", unit="0,0")
    assert not test.exception
    test.text_area[0].set_value("0 0\n0 0").run()
    assert "The sum is **0**" in words(test)
    test.text_area[0].set_value("1 2\n3").run()
    assert not test.exception
    assert "same length" in test.error[0].value
