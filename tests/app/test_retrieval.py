"""Retrieval: the query, its neighbours by features and by pixels."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from streamlit.testing.v1 import AppTest

from app.widgets.uploads import keep_upload
from tests.app.test_images import picture_bytes, words
from training.runs import Run
from viz import Look, answer, ask
from viz.retrieval import RetrievalQuery
from viz.retrieval_scores import RetrievalScoresQuery, ScoresLook

Open = Callable[..., AppTest]


def test_the_page_says_how_many_neighbours_share_the_query_s_class(app: Open, small: Run) -> None:
    test = app("retrieval", image="val:5")
    assert not test.exception
    data = small.data()
    known = answer(RetrievalQuery(str(small.path), 3), cached_only=True)
    distances = (known - known[5]).norm(dim=1)
    distances[5] = torch.inf
    nearest = distances.argsort()[:10].numpy()
    hits = int((data.val.labels[nearest] == data.val.labels[5]).sum())
    assert f"**{hits} of 10** nearest by fc7 are **{data.classes[data.val.labels[5]]}**" in words(
        test
    )


def test_features_are_cached_once_for_each_checkpoint(app: Open, small: Run) -> None:
    app("retrieval", image="val:1")
    app("retrieval", image="val:2")
    assert len(list(small.derived.glob("features-*.npz"))) == 1
    app("retrieval", epoch=1)
    assert len(list(small.derived.glob("features-*.npz"))) == 2


def test_another_epoch_s_neighbours_stand_below_with_how_many_are_the_same(
    app: Open, small: Run
) -> None:
    test = app("retrieval", image="val:0", beside="small", beside_epoch=0)
    assert not test.exception
    first, second = (
        set(ask(RetrievalQuery(str(small.path), epoch, k=10), Look()).shown.arrays()["image"])
        for epoch in (3, 0)
    )
    assert f"{len(first & second)} of 10 are the same" in words(test)


def test_an_upload_is_a_query_without_a_class(app: Open) -> None:
    test = app("retrieval", image=keep_upload(picture_bytes(), "mine.png"))
    assert not test.exception
    assert "mine.png" in words(test)
    assert "✓" not in "".join(test.markdown.values)


def test_without_data_the_page_says_what_it_needs_and_leads_on(app: Open, small: Run) -> None:
    settings = small.path / "run.json"
    settings.write_text(settings.read_text().replace(small.config["data"], "folder:/nowhere"))
    test = app("retrieval")
    assert not test.exception
    assert "Retrieval needs images" in test.info[0].value
    test.main.button[-1].click().run()
    assert test.title[0].value == "Occlusion"


@pytest.mark.browser
def test_a_neighbour_becomes_the_query_by_a_click(server: str, page: Any) -> None:
    page.goto(f"{server}/retrieval?image=val:0")
    page.get_by_text("blue (validation image 0)").wait_for()
    sheets = page.locator(".js-plotly-plot .nsewdrag")
    sheets.nth(1).click(position={"x": 40, "y": 40})
    page.wait_for_url(re.compile(r"image=val(:|%3A)\d+"))
    chosen = re.search(r"image=val(?::|%3A)(\d+)", page.url)
    assert chosen is not None
    page.get_by_text(f"(validation image {chosen[1]})").wait_for()


def test_every_layer_is_scored_on_request_and_the_best_one_named(app: Open, small: Run) -> None:
    test = app("retrieval")
    assert "mean average precision" not in words(test)
    button = next(each for each in test.button if each.label == "Score every layer")
    test = button.click().run()
    assert not test.exception
    shown = ask(RetrievalScoresQuery(str(small.path), 3), ScoresLook()).shown
    best = max(shown.mean(3, layer) for layer in shown.asked.layers)
    assert f"mean average precision **{100 * best:.1f} %**" in words(test)
    again = app("retrieval")  # what is known is shown at once
    assert f"**{100 * best:.1f} %**" in words(again)
