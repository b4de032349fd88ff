"""Mistakes: what is wrong, in numbers, pictures and words."""

import json
from collections.abc import Callable
from dataclasses import replace

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
from viz.mistakes import EvaluationQuery

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
