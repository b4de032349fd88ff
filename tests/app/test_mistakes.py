"""Mistakes: what is wrong, in numbers, pictures and words."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from streamlit.testing.v1 import AppTest

from tests.app.test_retrieval import words
from training.checkpoints import save_checkpoint
from training.ensemble import check_classes
from training.errors import WorkbenchError
from training.models import create
from training.runs import Run
from viz import answer
from viz.mistakes import EvaluationQuery, confused

Open = Callable[..., AppTest]


@pytest.mark.parametrize("order", ["surest", "worst"])
def test_the_page_begins_with_the_gravest_mistake(app: Open, small: Run, order: str) -> None:
    test = app("mistakes", epoch=1, order=order)
    assert not test.exception
    found = answer(EvaluationQuery(str(small.path), 1), cached_only=True)
    wrong = found.images - int(found.confusion.trace())
    assert f"**{wrong} of {found.images}** images are wrong" in words(test)
    gravest = int(getattr(found, order).index[0])
    assert f"(validation image {gravest})" in words(test)


def test_a_chosen_mistake_is_inspected_and_leads_on(app: Open, small: Run) -> None:
    second = int(answer(EvaluationQuery(str(small.path), 1)).surest.index[1])
    test = app("mistakes", epoch=1, image=f"val:{second}")
    assert f"(validation image {second})" in words(test)
    next(button for button in test.main.button if button.label == "Where does it look?").click()
    test.run()
    assert test.title[0].value == "Occlusion"


def test_ten_views_are_offered_where_there_is_something_to_cut_off(app: Open, small: Run) -> None:
    test = app("mistakes", epoch=1, views=10)
    assert not test.exception
    query = EvaluationQuery(str(small.path), 1, views=10)
    answer(query, cached_only=True)  # or it raises: the page cached it
    settings = small.path / "run.json"
    config = json.loads(settings.read_text())
    config["training"]["crop_padding"] = 0
    settings.write_text(json.dumps(config))
    test = app("mistakes", epoch=1)
    assert not test.exception
    assert "Views of each image" not in [control.label for control in test.main.button_group]


def test_where_all_is_right_the_page_says_so(
    app: Open, small: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = answer(EvaluationQuery(str(small.path), 1))
    right = replace(
        found, confusion=torch.eye(4).long(), surest=found.surest[:0], worst=found.worst[:0]
    )
    monkeypatch.setattr(EvaluationQuery, "decode", lambda *_: right)
    assert (
        "Every validation image is classified correctly"
        in app("mistakes", epoch=1).success[0].value
    )


def test_images_of_other_classes_cannot_be_right_or_wrong(app: Open, small: Run) -> None:
    settings = small.path / "run.json"
    config = json.loads(settings.read_text())
    del config["training"]  # as of a network that was trained elsewhere
    config["classes"] = [f"class {number}" for number in range(10)]
    settings.write_text(json.dumps(config))
    network = create(config["model"], 10, **config["options"])
    save_checkpoint(small.path, 3, network.state_dict())
    test = app("mistakes")
    assert not test.exception
    assert "tells 10 classes apart" in test.info[0].value
    other = Run.open(small.path)
    with pytest.raises(WorkbenchError, match="tells 10 classes apart"):
        check_classes(other, other.data())


def test_the_errors_of_another_epoch_stand_beside_with_the_classes_that_differ(
    app: Open, small: Run
) -> None:
    test = app("mistakes", epoch=3, beside="small", beside_epoch=0)
    assert not test.exception
    said = words(test)
    for side, epoch in (("A", 3), ("B", 0)):
        found = answer(EvaluationQuery(str(small.path), epoch), cached_only=True)
        wrong = found.images - int(found.confusion.trace())
        assert f"{side}, small, epoch {epoch}: **{wrong} of {found.images}**" in said
    assert "B is worse at" in said


def test_the_pages_of_mistakes_lead_through_all_of_them(
    app: Open, small: Run, in_address: Callable[[AppTest, str], str | None]
) -> None:
    test = app("mistakes", epoch=0, k=3)
    count = len(answer(EvaluationQuery(str(small.path), 0)).surest)
    assert f"1–3 of {count} mistakes" in words(test)
    test.button(key="turn Next").click().run()
    assert in_address(test, "first") == "3"
    assert f"4–{min(6, count)} of {count} mistakes" in words(test)
    test.button(key="turn Previous").click().run()
    assert in_address(test, "first") is None


def test_a_cell_s_images_are_shown_alone_until_all_are_wanted(app: Open, small: Run) -> None:
    found = answer(EvaluationQuery(str(small.path), 0))
    one = confused(found.confusion, 1)
    label, guess, count = int(one.label), int(one.guess), int(one.images)
    test = app("mistakes", epoch=0, true=label, taken=guess)
    assert not test.exception
    assert f"of {count} mistakes" in words(test)
    assert f"**{small.classes[label]}** taken for **{small.classes[guess]}**" in words(test)
    test.button(key="all mistakes").click().run()
    assert f"of {len(found.surest)} mistakes" in words(test)


@pytest.mark.browser
def test_a_cell_of_the_matrix_leads_to_its_images_and_next_to_more(
    server: str, page: Any, small: Run
) -> None:
    found = answer(EvaluationQuery(str(small.path), 0))
    one = confused(found.confusion, 1)
    label, guess = int(one.label), int(one.guess)
    page.goto(f"{server}/mistakes?run=small&epoch=0&picture=matrix")
    page.locator(".js-plotly-plot .nsewdrag").first.wait_for()
    x, y = page.evaluate(PLACE, [label, guess])
    page.mouse.click(x, y)
    page.wait_for_url(re.compile(f"true={label}&taken={guess}|taken={guess}&true={label}"))
    page.get_by_text(f"of {int(one.images)} mistakes").wait_for()
    page.goto(f"{server}/mistakes?run=small&epoch=0&k=3")
    page.get_by_text("1–3 of").wait_for()
    page.get_by_role("button", name="Next").click()
    page.get_by_text("4–6 of").wait_for()


PLACE = """([row, column]) => {
    const plot = [...document.querySelectorAll(".js-plotly-plot")].at(-1)
    const markers = plot.data.find(trace => trace.customdata)
    const which = [...markers.customdata].findIndex(one => one[0] == row && one[1] == column)
    const {xaxis, yaxis} = plot._fullLayout, box = plot.getBoundingClientRect()
    return [box.left + xaxis._offset + xaxis.l2p(markers.x[which]),
            box.top + yaxis._offset + yaxis.l2p(markers.y[which])]
}"""
