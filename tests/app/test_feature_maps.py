"""Feature maps & deconvnet: one image, all channels of a layer, and what one unit saw."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from training.runs import Run
from viz import answer
from viz.feature_maps import feature_maps
from viz.strongest import StrongestQuery

Open = Callable[..., AppTest]
Said = Callable[[AppTest, str], str | None]


def words(test: AppTest) -> str:
    return "\n".join(element.value for element in [*test.markdown, *test.caption])


def test_the_page_opens_at_the_strongest_channel_of_the_first_image(app: Open, small: Run) -> None:
    test = app("feature_maps", layer="relu5")
    assert not test.exception
    image = small.preprocess.from_uint8(small.data().val.images[:1])[0]
    maps = feature_maps(small.network(), image, "relu5")
    channel = next(field for field in test.number_input if field.label == "relu5, channel")
    assert channel.value == int(maps.order[0])


@pytest.mark.parametrize("layer", ["conv1", "norm1", "pool2", "relu4"])
def test_every_spatial_layer_can_be_looked_at(app: Open, layer: str) -> None:
    test = app("feature_maps", layer=layer, image="val:5", channel=3, unit="0,1")
    assert not test.exception
    assert "Unit at row 0, column 1" in words(test)


def test_a_projection_has_that_of_another_unit_beside_it(app: Open) -> None:
    shown = words(app("feature_maps", layer="relu4", image="val:5", channel=3, unit="0,1"))
    assert "Control: the unit and channel" in shown
    assert "Mahendran & Vedaldi 2016" in shown


def test_behind_normalisation_the_panel_says_that_it_passes_the_signal_through(app: Open) -> None:
    assert "normalisation passes the signal through" in words(app("feature_maps", layer="conv3"))
    assert "normalisation" not in words(app("feature_maps", layer="conv1"))


def test_the_layers_of_a_network_are_its_spatial_ones(app: Open) -> None:
    layer = next(box for box in app("feature_maps").selectbox if box.label == "Layer")
    assert not any("fc" in option for option in layer.options)


@pytest.mark.parametrize(
    ("name", "value"), [("channel", 999), ("unit", "99,99"), ("unit", "x"), ("layer", "conv99")]
)
def test_a_wrong_value_gives_the_default_and_a_notice(app: Open, name: str, value: object) -> None:
    test = app("feature_maps", **{name: value})
    assert not test.exception
    assert any(name in notice.value for notice in test.info)


def test_a_channel_leads_on_to_its_top_patches(app: Open, in_address: Said) -> None:
    test = app("feature_maps", layer="relu2", channel=4)
    next(button for button in test.button if button.label.startswith("Top patches")).click().run()
    assert test.title[0].value == "Top patches"
    assert (in_address(test, "layer"), in_address(test, "channel")) == ("conv2", "4")


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("deconvnet", "rectified at each ReLU, unpooled"),
        ("guided", "rectified at each ReLU and stopped where it was off"),
        ("gradient", "stopped at each ReLU that was off"),
    ],
)
def test_the_backward_rule_stands_under_the_picture(app: Open, rule: str, said: str) -> None:
    test = app("feature_maps", layer="relu3", rule=rule)
    assert not test.exception
    assert said in "\n".join(caption.value for caption in test.caption)


def test_the_strongest_unit_of_a_layer_leads_to_its_projection(app: Open, in_address: Said) -> None:
    test = app("feature_maps", sheet="strongest of each layer")
    assert not test.exception
    assert "do not compare" in words(test)  # nothing has been mined yet
    next(button for button in test.button if button.label.startswith("conv2, ")).click().run()
    assert not test.exception
    assert in_address(test, "layer") == "conv2"
    row, column = str(in_address(test, "unit")).split(",")
    assert f"Unit at row {row}, column {column}" in words(test)


def test_by_share_the_layers_patches_are_mined_and_cached(app: Open, small: Run) -> None:
    test = app("feature_maps", sheet="strongest of each layer", measure="share")
    assert not test.exception
    assert "do not compare" not in words(test)
    query = StrongestQuery(str(small.path), 3, measure="share")
    units = answer(query, cached_only=True)  # or it raises
    assert {f"{unit.layer}, {unit.channel}" for unit in units} <= {
        button.label for button in test.button
    }


def test_the_lines_under_a_projection_ask_for_its_unit(app: Open) -> None:
    test = app("feature_maps", layer="conv3", channel=3, unit="0,1", rule="guided")
    [line] = [code.value for code in test.code if "viz deconvnet" in code.value]
    assert "--layer conv3 --channel 3 --row 0 --col 1 --rule guided --control true" in line


def test_the_same_channel_of_another_epoch_stands_beside_it(app: Open) -> None:
    test = app("feature_maps", layer="conv2", channel=3, beside="small", beside_epoch=0)
    assert not test.exception
    said = words(test)
    assert "**A**: small, epoch 3" in said
    assert "**B**: small, epoch 0" in said
    assert "**B**: conv2, channel 3" in said
    assert "**B − A**" in said
    assert said.count("activation **") == 2


def test_a_layer_that_only_one_has_is_shown_alone(app: Open, runs: Path) -> None:
    shutil.copytree(runs / "small", runs / "other")
    settings = runs / "other" / "run.json"
    written = json.loads(settings.read_text())
    written["options"]["lrn"] = []
    settings.write_text(json.dumps(written))
    test = app("feature_maps", run="small", layer="norm1", beside="other")
    assert not test.exception
    assert any("has no layer norm1" in notice.value for notice in test.info)
    assert "Control: the unit" in words(test)


def test_channels_that_no_unit_answers_in_are_folded_with_their_number(app: Open) -> None:
    test = app("feature_maps", layer="relu5", image="val:1")
    said = re.search(r"\*\*(\d+) of 6 channels\*\* of relu5 answer", words(test))
    assert said
    silent = 6 - int(said[1])
    folds = [fold.label for fold in test.expander if "silent" in fold.label]
    assert folds == ([f"{silent} silent channel{'s' * (silent > 1)}"] if silent else [])


@pytest.mark.browser
def test_a_click_on_the_input_occludes_it(server: str, page: Any) -> None:
    page.goto(f"{server}/feature_maps?image=val:5")
    picture = page.locator('[class*="st-key-picture-input"] .nsewdrag').first
    picture.wait_for()
    page.wait_for_timeout(300)  # plotly moves a new picture once more
    box = picture.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_url(re.compile("/occlusion.*image=val(:|%3A)5"))
