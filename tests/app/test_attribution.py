"""Attribution: all methods' maps, one of them large, and whether it can be trusted."""

import json
import shutil
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from app.widgets.uploads import keep_upload
from tests.app.test_retrieval import words
from training.runs import Run
from viz import answer
from viz.attribution import AttributionQuery
from viz.sanity_checks import SanityChecksQuery

Open = Callable[..., AppTest]
Said = Callable[[AppTest, str], str | None]


def press(test: AppTest, label: str) -> AppTest:
    return next(button for button in test.button if button.label == label).click().run()


def image_of(run: Run) -> Image.Image:
    return Image.fromarray(run.data().val.images[0])


def test_every_map_is_worked_out_once_for_the_class_of_the_image(app: Open, small: Run) -> None:
    test = app("attribution", image="val:0")
    assert not test.exception
    label = int(small.data().val.labels[0])
    assert f"**Attribution for class {small.classes[label]}**" in words(test)
    answer(AttributionQuery(str(small.path), 3, label=small.classes[label]), cached_only=True)


def test_a_class_may_be_named_in_the_address_and_of_several_methods_the_first_is_large(
    app: Open, small: Run
) -> None:
    test = app("attribution", label=small.classes[2], method="guided,gradient")
    assert f"**Attribution for class {small.classes[2]}**" in words(test)
    assert "Springenberg et al. 2014" in words(test)
    assert not test.info


def test_class_method_and_share_come_from_the_address(app: Open, small: Run) -> None:
    test = app("attribution", label=2, method="guided", share=25)
    assert f"**Attribution for class {small.classes[2]}**" in words(test)
    assert "Springenberg et al. 2014" in words(test)
    assert test.slider(key="address-share-0").value == 25


def test_a_map_is_put_to_the_test_on_request_and_stays_tested(app: Open, small: Run) -> None:
    test = app("attribution", method="gradient", label=1, image="val:0")
    assert "Petsiuk" not in words(test)
    test = press(test, "Run sanity checks")
    assert not test.exception
    for source in ("Petsiuk et al. 2018", "Adebayo et al. 2018", "at random", "after fc8"):
        assert source in words(test)
    query = SanityChecksQuery(str(small.path), 3, label="1", method="gradient")
    found = answer(query, cached_only=True)
    assert found.randomisation.down_to[0] == "fc8"
    again = app("attribution", method="gradient", label=1, image="val:0")
    assert "Petsiuk et al. 2018" in words(again)


def test_a_run_that_keeps_nothing_shows_all_maps_all_the_same(app: Open, small: Run) -> None:
    small.derived.write_text("no folder")  # what is worked out cannot be kept
    test = app("attribution", image="val:0", method="occlusion")
    assert not test.exception
    assert "what P(class) loses" in words(test)


def test_it_leads_to_occlusion_of_the_same_image_and_class(
    app: Open, small: Run, in_address: Said
) -> None:
    test = press(app("attribution", image="val:3", label=2), "Cover it spot by spot")
    assert test.title[0].value == "Occlusion"
    assert in_address(test, "image") == "val:3"
    assert f"**{small.classes[2]}** · what covering changes" in words(test)


@pytest.mark.parametrize(
    ("name", "value"), [("label", 99), ("method", "smooth"), ("share", 100), ("trust", "no")]
)
def test_a_wrong_value_gives_the_default_and_a_notice(app: Open, name: str, value: Any) -> None:
    test = app("attribution", **{name: value})
    assert not test.exception
    assert any(name in notice.value for notice in test.info)


@pytest.mark.browser
def test_a_click_on_a_map_shows_it_large(server: str, page: Any) -> None:
    page.goto(f"{server}/attribution?image=val:0")
    # the first plot offers images; the second is the sheet, its second tile the gradient
    sheet = page.locator(".js-plotly-plot").nth(1)
    sheet.get_by_text("Occlusion").wait_for()  # the last map comes with a new sheet
    sheet.locator(".nsewdrag").click(position={"x": 240, "y": 60})
    page.get_by_text("Simonyan et al. 2013").wait_for()
    page.wait_for_url("**method=gradient**")


def test_the_maps_of_another_epoch_stand_beside_it_with_the_difference(
    app: Open, small: Run
) -> None:
    test = app("attribution", label=1, method="guided", beside="small", beside_epoch=0)
    assert not test.exception
    said = words(test)
    assert "**A**: small, epoch 3" in said
    assert "**B**: small, epoch 0" in said
    assert "**Guided backprop**, B − A" in said
    for epoch in (3, 0):
        answer(AttributionQuery(str(small.path), epoch, label="1"), cached_only=True)


def test_a_class_that_the_other_has_not_learned_is_shown_alone(app: Open, runs: Path) -> None:
    shutil.copytree(runs / "small", runs / "other")
    settings = runs / "other" / "run.json"
    written = json.loads(settings.read_text())
    written["classes"][1] = "something else"
    settings.write_text(json.dumps(written))
    file = BytesIO()
    Image.new("RGB", (40, 40), "green").save(file, "PNG")
    mine = keep_upload(file.getvalue(), "mine.png")  # a picture that both can see
    test = app("attribution", run="small", image=mine, label=1, beside="other")
    assert not test.exception
    assert any("has not learned green" in notice.value for notice in test.info)
    assert not any("B − A" in element.value for element in test.markdown)
