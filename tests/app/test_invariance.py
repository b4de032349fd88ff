"""Invariance: the chosen picture beside others, and an upload alone."""

from collections.abc import Callable
from pathlib import Path

from streamlit.testing.v1 import AppTest

from app.widgets.uploads import keep_upload
from tests.app.test_images import picture_bytes
from tests.app.test_retrieval import words
from training.runs import Run
from viz import answer
from viz.invariance import InvarianceQuery

Open = Callable[..., AppTest]


def cached(run: Run) -> list[Path]:
    return list(run.derived.glob("invariance-*.npz"))


def test_the_page_follows_the_chosen_picture_beside_others(app: Open, small: Run) -> None:
    test = app("invariance", image="val:5")
    assert not test.exception
    assert "Zeiler & Fergus 2013, figure 5" in words(test)
    assert "keeps half of its probability while it is moved up to" in words(test)
    assert len(cached(small)) == 1
    app("invariance", image="val:5", epoch=1)
    assert len(cached(small)) == 2


def test_the_command_under_the_picture_asks_the_same_question(app: Open, small: Run) -> None:
    test = app("invariance", image="val:5")
    line = next(code.value for code in test.code if code.value.startswith("python -m viz"))
    sources = tuple(line.split("--images ")[1].split()[0].split(","))
    assert sources[0] == "5"
    answer(InvarianceQuery(str(small.path), 3, sources), cached_only=True)  # or it raises


def test_an_upload_is_followed_with_its_most_probable_class(app: Open) -> None:
    test = app("invariance", image=keep_upload(picture_bytes(), "mine.png"))
    assert not test.exception


def test_another_epoch_stands_below(app: Open) -> None:
    test = app("invariance", image="val:5", beside="small", beside_epoch=0)
    assert not test.exception
    assert "**B**: small, epoch 0" in words(test)
    [line] = [code.value for code in test.code if code.value.startswith("python -m viz")]
    assert "--compare_epoch 0" in line
