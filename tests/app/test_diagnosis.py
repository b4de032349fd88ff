"""Diagnose: findings in words, the errors beside them, and where they lead."""

import shutil
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from app.shell.errors import plain
from tests.app.test_retrieval import words
from training.runs import Run
from viz import answer
from viz.diagnosis import DiagnosisQuery
from viz.diagnosis.findings import findings

Open = Callable[..., AppTest]


@pytest.fixture
def diagnosed(small: Run) -> Run:
    """The finished run, its diagnosis cached."""
    answer(DiagnosisQuery(str(small.path), 3))
    return small


def test_the_findings_stand_there_worst_first(app: Open, diagnosed: Run) -> None:
    test = app("diagnosis")
    assert not test.exception
    said = words(test)
    expected = findings(answer(DiagnosisQuery(str(diagnosed.path), 3), cached_only=True))
    assert expected  # 32 px, three epochs: the filters are noise
    places = [said.index(plain(one.words)) for one in expected]
    assert places == sorted(places)
    assert "top-1 error" in said


def test_another_run_is_set_beside_it(app: Open, diagnosed: Run) -> None:
    shutil.copytree(diagnosed.path, diagnosed.path.parent / "other")
    test = app("diagnosis", run="small", beside="other")
    assert not test.exception
    assert "**small**" in words(test)
    assert "**other**" in words(test)


def test_a_finding_leads_to_its_channels(app: Open, diagnosed: Run) -> None:
    said = findings(answer(DiagnosisQuery(str(diagnosed.path), 3), cached_only=True))
    first = next(one for one in said if one.channels and one.layer in ("conv1", "relu1"))
    test = app("diagnosis")
    label = f"See filter {first.channels[0]}"
    next(button for button in test.main.button if button.label == label).click().run()
    assert test.title[0].value == "Filters"


def test_without_data_the_page_says_so(app: Open, small: Run) -> None:
    settings = small.path / "run.json"
    settings.write_text(settings.read_text().replace(small.config["data"], "folder:/nowhere"))
    test = app("diagnosis")
    assert not test.exception
    assert "Diagnosis needs validation images" in test.info[0].value


def test_unequal_epochs_are_told_and_can_be_made_equal(
    app: Open, diagnosed: Run, in_address: Callable[[AppTest, str], str | None]
) -> None:
    shutil.copytree(diagnosed.path, diagnosed.path.parent / "other")
    test = app("diagnosis", run="small", epoch=2, beside="other", beside_epoch=3)
    assert "A is at epoch 2, B at epoch 3" in test.warning[0].value
    assert "Not a fair comparison" in words(test).replace("\\", "")
    test = test.button[label_place(test, "Compare both at epoch 2")].click().run()
    assert in_address(test, "beside_epoch") == "2"
    assert not test.warning


def label_place(test: AppTest, label: str) -> int:
    """Which of the page's buttons has a label."""
    return [button.label for button in test.button].index(label)


def test_a_finding_fills_the_page_train_with_its_variant(app: Open, diagnosed: Run) -> None:
    said = findings(answer(DiagnosisQuery(str(diagnosed.path), 3), cached_only=True))
    assert any(one.change for one in said)
    test = app("diagnosis")
    test = test.button[label_place(test, "Train this variant")].click().run()
    assert test.title[0].value == "Train"
    boxes = {box.label: box.value for box in test.selectbox}
    assert boxes["Like this run, but …"] == "small"
    assert any("Like **small**: differs in" in each.value for each in test.markdown)
