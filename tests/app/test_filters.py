"""Filters: what do the first filters look for?"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from training.config import FitConfig
from training.fit import fit
from training.runs import Run

Open = Callable[..., AppTest]
Said = Callable[[AppTest, str], str | None]


def test_the_page_opens_at_the_strongest_filter(app: Open) -> None:
    test = app("filters")
    assert not test.exception
    assert any("number 1 of 6 by strength" in element.value for element in test.markdown)


def test_the_words_over_the_picture_are_those_of_the_layer(app: Open) -> None:
    assert "Each square is one filter" in app("filters").caption[0].value
    assert "Each row is one filter of conv3" in app("filters", layer="conv3").caption[0].value


@pytest.mark.parametrize("order", ["norm", "frequency", "orientation", "colour"])
def test_filters_stand_in_the_order_of_the_address(app: Open, order: str) -> None:
    test = app("filters", order=order)
    assert not test.exception
    assert next(box.value for box in test.selectbox if box.label == "Order") == order


def test_the_address_names_the_filter_to_inspect(app: Open) -> None:
    test = app("filters", channel=2)
    assert not test.exception
    assert any("of 6 by strength" in element.value for element in test.markdown)


@pytest.mark.parametrize("channel", ["6", "-1", "<script>alert(1)</script>"])
def test_a_filter_that_is_not_there_gives_a_notice(app: Open, channel: str) -> None:
    test = app("filters", channel=channel)
    assert not test.exception
    assert "There is no channel" in test.info[0].value
    assert "<" not in test.info[0].value
    assert "channel" not in test.query_params


def test_the_inspector_leads_on_to_the_top_patches(app: Open, in_address: Said) -> None:
    test = app("filters", channel=2)
    next(button for button in test.button if button.label == "Its top patches").click().run()
    assert in_address(test, "channel") == "2"
    assert in_address(test, "layer") == "conv1"


def test_a_deeper_filter_leads_to_its_patches_and_to_those_below(
    app: Open, in_address: Said
) -> None:
    test = app("filters", layer="conv3", channel=5)
    assert not test.exception
    assert any("**conv3, channel 5** takes" in element.value for element in test.markdown)
    below = next(button for button in test.button if button.label.startswith("Those of conv2"))
    number = below.label.rpartition(" ")[2]
    below.click().run()
    assert in_address(test, "layer") == "conv2"
    assert in_address(test, "channel") == number


def test_a_plane_that_its_filter_has_not_gives_the_heaviest(app: Open) -> None:
    test = app("filters", layer="conv3", channel=5, source=99)
    assert not test.exception
    assert any("**conv3, channel 5** takes" in element.value for element in test.markdown)


def test_the_film_of_all_epochs_is_a_moving_picture(app: Open) -> None:
    test = app("filters", picture="film")
    assert not test.exception
    assert "One scale for all epochs" in " ".join(element.value for element in test.caption)


def test_another_epoch_stands_beside_it_with_the_difference(app: Open) -> None:
    test = app("filters", beside="small", beside_epoch=0)
    assert not test.exception
    said = " ".join(element.value for element in test.markdown)
    assert "**A**: small, epoch 3" in said
    assert "**B**: small, epoch 0" in said
    assert "**B − A**" in said


def test_filters_of_another_shape_have_no_difference(app: Open, runs: Path, small: Run) -> None:
    options = small.config["options"] | {"widths": [5, 8, 8, 8, 6]}
    del options["image_size"]  # a setting of its own
    config = FitConfig(
        run=str(runs / "other"),
        data=small.config["data"],
        epochs=1,
        image_size=32,
        batch_size=8,
        options=options,
    )
    fit(config)
    test = app("filters", run="small", beside="other")
    assert not test.exception
    assert any("different shapes" in element.value for element in test.caption)
    assert not any("B − A" in element.value for element in test.markdown)


@pytest.mark.browser
def test_a_click_on_a_filter_opens_it_and_leads_to_its_patches(server: str, page: Any) -> None:
    page.goto(f"{server}/filters")
    sheet = page.locator(".js-plotly-plot .nsewdrag").first
    sheet.wait_for()
    box = sheet.bounding_box()
    page.mouse.move(box["x"] + 40, box["y"] + 40)
    page.get_by_text("filter 0, norm").wait_for()
    page.mouse.click(box["x"] + 40, box["y"] + 40)
    page.get_by_text("of 6 by strength").wait_for()
    page.wait_for_url("**channel=0*")
    page.get_by_role("button", name="Its top patches").click()
    page.wait_for_url(re.compile("/top_patches.*channel=0"))
    page.wait_for_url(re.compile("/top_patches.*layer=conv1"))


@pytest.mark.browser
@pytest.mark.parametrize("layer", ["", "&layer=conv3"])
def test_the_film_of_any_layer_is_moved_by_the_player_in_the_bar(
    server: str, page: Any, layer: str
) -> None:
    page.goto(f"{server}/filters?picture=film&epoch=0{layer}")
    page.locator("canvas[data-epoch='2']").wait_for()  # it came there by itself
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("slider", name="Epoch").press("Home")
    page.locator("canvas[data-epoch='0']").wait_for()
    page.wait_for_url(re.compile("epoch=0"))
    page.keyboard.press("End")
    page.locator("canvas[data-epoch='3']").wait_for()
