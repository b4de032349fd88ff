"""Occlusion: where the network looks, and what it thinks with one square covered."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from training.config import FitConfig
from training.fit import fit
from training.runs import Run
from viz import answer
from viz.drawing.style import number
from viz.occlusion import OcclusionQuery, window_for
from viz.store.answer import CacheMiss
from viz.top_patches import TopPatchesQuery

Open = Callable[..., AppTest]
Said = Callable[[AppTest, str], str | None]


def words(test: AppTest) -> str:
    """All that a page says, without the marks that keep names from being Markdown."""
    said = "\n".join(element.value for element in [*test.markdown, *test.caption])
    return said.replace("\\", "")


def result_of(run: Run, **how: Any) -> Any:
    cached_only = how.pop("cached_only", False)
    [found] = answer(OcclusionQuery(str(run.path), 3, **how), cached_only=cached_only)
    return found


def test_the_page_opens_at_the_true_class_and_the_window_that_costs_most(
    app: Open, small: Run
) -> None:
    test = app("occlusion", image="val:0")
    assert not test.exception
    result, label = result_of(small), int(small.data().val.labels[0])
    assert f"**{small.classes[label]}** · what covering changes" in words(test)
    row, column = divmod(int(result.probability[..., label].argmin()), result.shape[1])
    place = f"at row {row * result.stride}, column {column * result.stride}"
    assert place in words(test)


def test_class_layer_square_step_fill_and_place_come_from_the_address(
    app: Open, small: Run
) -> None:
    where = {"window": 10, "stride": 3, "fill": "noise", "cell": "1,2"}
    test = app("occlusion", image="val:0", label=2, watch="pool1", **where)
    assert not test.exception
    assert f"**{small.classes[2]}** · what covering changes" in words(test)
    assert "window of 10 px whose centre is there, in steps of 3 px" in words(test)
    assert "at row 3, column 6" in words(test)
    how = {"window": 10, "stride": 3, "fill": "noise", "cached_only": True}
    assert f"**pool1, channel {result_of(small, **how).tracked('pool1').channel}**" in words(test)


def test_the_result_is_kept_for_the_command_line(app: Open, small: Run) -> None:
    app("occlusion", image="val:0")
    assert result_of(small, cached_only=True).window == window_for(32)[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("label", 99),
        ("window", 0),
        ("window", 33),
        ("stride", "x"),
        ("fill", "purple"),
        ("cell", "99,0"),
        ("watch", "fc7"),
        ("show", "x"),
        ("images", "val:99"),
    ],
)
def test_a_wrong_value_gives_the_default_and_a_notice(app: Open, name: str, value: object) -> None:
    mode = {"show": "several images"} if name == "images" else {}
    test = app("occlusion", **mode, **{name: value})
    assert not test.exception
    assert any(name in notice.value for notice in test.info)


def test_the_strongest_map_leads_on_to_its_channel(app: Open, small: Run, in_address: Said) -> None:
    test = app("occlusion", image="val:0")
    next(button for button in test.button if button.label.startswith("Top patches")).click().run()
    assert test.title[0].value == "Top patches"
    assert in_address(test, "channel") == str(result_of(small).tracked("relu5").channel)


def test_another_epoch_stands_beside_it_with_the_difference(app: Open, small: Run) -> None:
    test = app("occlusion", image="val:0", beside="small", beside_epoch=0)
    assert not test.exception
    said, label = words(test), int(small.data().val.labels[0])
    for title in ("**A**: small, epoch 3", "**B**: small, epoch 0", "**B − A**"):
        assert title in said
    before, now = (float(result_of_epoch(small, epoch).base[label]) for epoch in (3, 0))
    assert f"is {100 * before:.1f} % for A and {100 * now:.1f} % for B" in said


def result_of_epoch(run: Run, epoch: int) -> Any:
    [found] = answer(OcclusionQuery(str(run.path), epoch), cached_only=True)
    return found


def test_networks_of_other_inputs_are_compared_as_far_as_they_go(
    app: Open, runs: Path, small: Run
) -> None:
    options = {k: v for k, v in small.config["options"].items() if k != "image_size"}
    data = small.config["data"]
    config = FitConfig(
        run=str(runs / "other"), data=data, epochs=1, image_size=40, batch_size=8, options=options
    )
    fit(config)
    test = app("occlusion", image="val:0", run="small", beside="other")
    assert not test.exception
    assert "A sees 32 px and B 40 px" in words(test)
    assert "B − A" not in words(test)


def test_a_run_on_other_images_is_not_set_beside_a_validation_image(app: Open, runs: Path) -> None:
    shutil.copytree(runs / "small", runs / "other")
    settings = runs / "other" / "run.json"
    written = json.loads(settings.read_text()) | {"data_fingerprint": "another"}
    settings.write_text(json.dumps(written))
    test = app("occlusion", image="val:0", run="small", beside="other")
    assert not test.exception
    assert any("has other images than" in notice.value for notice in test.info)
    assert "With the window" in words(test)


def test_what_excites_the_strongest_channel_elsewhere_is_mined_on_a_click(
    app: Open, small: Run
) -> None:
    test = app("occlusion", image="val:0")
    with pytest.raises(CacheMiss):
        answer(TopPatchesQuery(str(small.path), 3, ("conv5",)), cached_only=True)
    next(button for button in test.button if button.label.startswith("Compute top")).click().run()
    assert not test.exception
    assert answer(TopPatchesQuery(str(small.path), 3, ("conv5",)), cached_only=True)
    assert not [button for button in test.button if button.label.startswith("Compute top")]


def test_several_images_stand_below_each_other_and_each_leads_to_its_own_view(
    app: Open, small: Run, in_address: Said
) -> None:
    test = app("occlusion", show="several images", images="val:3,val:9")
    assert not test.exception
    closer = [button for button in test.button if button.label == "Single view"]
    assert len(closer) == 2
    for index in (3, 9):
        assert answer(OcclusionQuery(str(small.path), 3, image=(str(index),)), cached_only=True)
    closer[1].click().run()
    assert not test.exception
    assert (in_address(test, "image"), in_address(test, "show")) == ("val:9", None)
    assert "With the window" in words(test)


@pytest.mark.browser
def test_a_picture_is_uploaded_occluded_and_a_bad_one_leaves_it(
    server: str, page: Any, tmp_path: Path
) -> None:
    mine, bad = tmp_path / "mine.png", tmp_path / "bad.jpg"
    pixels = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    Image.fromarray(pixels).save(mine)
    bad.write_text("no picture")
    page.goto(f"{server}/occlusion")
    page.set_input_files("input[type=file]", str(mine))
    picture = page.get_by_alt_text("mine.png as the network sees it", exact=False)
    picture.wait_for()
    page.wait_for_url(re.compile("image=upload(:|%3A)"))
    before = page.url
    page.set_input_files("input[type=file]", str(bad))
    page.get_by_text("bad.jpg: this is no picture of a known kind").wait_for()
    assert picture.is_visible()
    assert page.url == before


@pytest.mark.browser
def test_a_click_on_a_place_covers_it(server: str, page: Any) -> None:
    page.goto(f"{server}/occlusion?image=val:0&window=8&stride=8&cell=3,3")  # four by four places
    maps = page.locator(".js-plotly-plot .nsewdrag")
    maps.nth(1).wait_for()
    page.get_by_text("at row 24, column 24").first.wait_for()
    # the first plot offers images; the second is the class's map, on the image of 32 px
    room = maps.nth(1).bounding_box()
    maps.nth(1).click(position={"x": room["width"] / 8, "y": room["height"] / 8})
    page.get_by_text("at row 0, column 0").first.wait_for()
    page.wait_for_url(re.compile("cell=0(,|%2C)0"))


@pytest.mark.browser
def test_the_window_is_dragged_and_the_bars_follow_before_it_is_let_go(
    server: str, page: Any, at_rest: Callable[[], None]
) -> None:
    page.goto(f"{server}/occlusion?image=val:0&window=8&stride=8&cell=3,3")  # four by four places
    stage, brush = page.locator(".brush .stage"), page.locator(".brush")
    page.locator(".brush .bars b").first.wait_for()
    page.get_by_text("at row 24, column 24").first.wait_for()
    at_rest()
    stage.scroll_into_view_if_needed()
    room, said = stage.bounding_box(), page.locator(".brush .bars").inner_html()
    page.mouse.move(room["x"] + 0.9 * room["width"], room["y"] + 0.9 * room["height"])
    page.mouse.down()
    page.mouse.move(room["x"] + 0.4 * room["width"], room["y"] + 0.1 * room["height"])
    assert brush.get_attribute("data-cell") == "0,1"
    assert page.locator(".brush .bars").inner_html() != said  # their length, too, of near ties
    assert "cell=3" in page.url  # nothing was asked of the server
    page.mouse.up()
    page.wait_for_url(re.compile("cell=0(,|%2C)1"))
    page.get_by_text("at row 0, column 8").first.wait_for()


@pytest.mark.browser
def test_the_window_moves_by_arrow_keys_and_keeps_the_focus(
    server: str, page: Any, at_rest: Callable[[], None]
) -> None:
    page.goto(f"{server}/occlusion?image=val:0&window=8&stride=8&cell=3,3")
    page.locator(".brush .bars b").first.wait_for()
    page.get_by_text("at row 24, column 24").first.wait_for()
    at_rest()
    page.locator(".brush .stage").focus()
    for key in ("ArrowUp", "ArrowLeft", "ArrowLeft", "ArrowRight", "ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
    assert page.locator(".brush").get_attribute("data-cell") == "3,2"  # it stops at the edge
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("cell=3(,|%2C)2"))
    page.get_by_text("at row 24, column 16").first.wait_for()


@pytest.mark.browser
def test_where_nothing_changes_the_answer_a_button_tries_a_larger_window(
    server: str, page: Any
) -> None:
    page.goto(f"{server}/occlusion?image=val:0&epoch=0&window=2&stride=10")
    page.get_by_text("No window of 2 px changes the answer").wait_for()
    page.get_by_role("button", name="Try a window of 4 px").click()
    page.wait_for_url(re.compile("window=4"))
    page.get_by_text("window of 4 px").first.wait_for()


def test_the_change_in_log_odds_is_drawn_about_zero_unless_another_scale_is_chosen(
    app: Open, small: Run
) -> None:
    html = "\n".join(element.value for element in app("occlusion", image="val:0").get("html"))
    full = max(0.5, float(result_of(small).change(int(small.data().val.labels[0])).abs().max()))
    assert f"−{number(full)}" in html
    assert "change in log odds" in html
    html = "\n".join(
        each.value for each in app("occlusion", image="val:0", scale="probability").get("html")
    )
    assert "P from 0 to 1" in html
    assert "change in log odds" not in html


def test_the_map_leads_on_to_what_tells_whether_to_trust_it(app: Open, in_address: Said) -> None:
    test = app("occlusion", image="val:0", label=2)
    next(button for button in test.button if button.label == "Sanity checks").click().run()
    assert not test.exception
    assert test.title[0].value == "Attribution"
    assert in_address(test, "method") == "occlusion"
    assert in_address(test, "label") == "2"
    assert any("Sanity checks of Occlusion" in one.value for one in test.subheader)
