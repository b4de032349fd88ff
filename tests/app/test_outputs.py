"""Where probabilities stand side by side, a page says if they need not add up to 1."""

import json

import pytest

from tests.app.test_retrieval import words
from training.runs import Run


def declare(run: Run, outputs: str) -> None:
    """Say what the run's network gives."""
    file = run.path / "run.json"
    config = json.loads(file.read_text(encoding="utf-8")) | {"outputs": outputs}
    file.write_text(json.dumps(config), encoding="utf-8")


@pytest.mark.parametrize("page", ["overview", "class_evidence"])
def test_labels_each_on_its_own_need_not_add_up(app, small: Run, page: str) -> None:
    declare(small, "sigmoid")
    test = app(page)
    assert not test.exception
    assert "P need not add up to 1" in words(test)


def test_of_classes_nothing_is_said(app, small: Run) -> None:
    declare(small, "softmax")
    assert "P need not" not in words(app("class_evidence"))


def test_what_is_wrong_among_labels_is_said(app, small: Run) -> None:
    declare(small, "sigmoid")
    said = words(app("mistakes", epoch=1))
    assert "right is where that one has the highest probability" in said
