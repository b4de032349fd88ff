"""Unit: one channel, in pictures, numbers and words."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.test_retrieval import words
from training.checkpoints import save_checkpoint
from training.runs import Run
from viz import answer
from viz.evolution import EvolutionQuery
from viz.planes import PlanesQuery
from viz.top_patches import TopPatchesQuery
from viz.unit import Profiles, UnitQuery

Open = Callable[..., AppTest]


def profiles_of(run: Run, epoch: int) -> Profiles:
    return answer(UnitQuery(str(run.path), epoch, "conv2")).profiles


def test_the_page_says_how_often_it_fires_and_what_for(app: Open, small: Run) -> None:
    profiles = profiles_of(small, 3)
    channel = int(profiles.active.argmax())
    test = app("unit", layer="conv2", channel=channel)
    assert not test.exception
    said = words(test)
    assert f"above zero in **{100 * float(profiles.active[channel]):.0f} %**" in said
    assert small.classes[profiles.preferred(channel, 1)[0]] in said


def test_a_dead_channel_is_called_dead(app: Open, small: Run) -> None:
    weights = small.network(2).state_dict()
    weights["conv2.weight"][3], weights["conv2.bias"][3] = 0, -1
    save_checkpoint(small.path, 2, weights)
    test = app("unit", layer="conv2", channel=3, epoch=2)
    assert not test.exception
    assert "Channel 3 of conv2 is dead" in test.warning[0].value


def pictures(test: AppTest) -> list[dict[str, Any]]:
    """What can be pointed at, as the browser gets it."""
    return [json.loads(chart.proto.spec) for chart in test.get("plotly_chart")]


def stands_for(picture: dict[str, Any]) -> list[Any]:
    """What a click on each place of a sheet returns."""
    return [place for trace in picture["data"] for place in trace.get("customdata", [])]


def test_it_starts_with_the_strongest_channel_of_the_deepest_convolution(
    app: Open, small: Run
) -> None:
    test = app("unit")
    assert not test.exception
    top = answer(TopPatchesQuery(str(small.path), 3, ("conv5",)))["conv5"]
    [number] = [each for each in test.main.number_input if each.label == "Channel"]
    assert number.value == int(top.score[:, 0].argmax())


def test_similar_channels_and_those_that_feed_it_are_thumbnails(app: Open, small: Run) -> None:
    profiles = profiles_of(small, 3)
    channel = next(each for each in range(8) if profiles.similar(each, 1))
    test = app("unit", layer="conv2", channel=channel)
    assert not test.exception
    _patches, _course, similar, feeding = pictures(test)
    assert stands_for(similar) == profiles.similar(channel, 8)
    planes = answer(PlanesQuery(str(small.path), 3, "conv2", (channel,), 8))
    assert stands_for(feeding) == planes.source[0].tolist()
    assert any("conv1 · " in each["text"] for each in feeding["layout"]["annotations"])


def test_its_response_is_drawn_where_patches_were_mined_and_the_rest_is_a_click_away(
    app: Open, small: Run
) -> None:
    answer(TopPatchesQuery(str(small.path), 1, ("conv2",)))
    test = app("unit", layer="conv2", channel=1)
    assert pictures(test)[1]["data"][0]["customdata"] == [1, 3]
    next(each for each in test.main.button if each.label == "Measure the other 2 epochs").click()
    test.run()
    assert not test.exception
    assert pictures(test)[1]["data"][0]["customdata"] == [0, 1, 2, 3]
    query = EvolutionQuery(str(small.path), layer="conv2", channels=(1,), epochs=(0, 1, 2, 3))
    expected = answer(query).response[:, 1].tolist()
    assert pictures(test)[1]["data"][0]["y"] == pytest.approx(expected)


def test_the_first_layer_shows_its_kernel_and_fc_layers_have_units_too(app: Open) -> None:
    for layer in ("conv1", "fc7", "pool2"):
        test = app("unit", layer=layer, channel=2)
        assert not test.exception


def test_the_same_channel_of_another_epoch_stands_below_it(app: Open, small: Run) -> None:
    test = app("unit", layer="conv2", channel=1, beside="small", beside_epoch=1)
    assert not test.exception
    said = words(test)
    assert "**A**: small, epoch 3" in said
    assert "**B**: small, epoch 1" in said
    for epoch in (3, 1):
        share = float(profiles_of(small, epoch).active[1])
        assert f"above zero in **{100 * share:.0f} %**" in said


@pytest.mark.browser
def test_a_patch_leads_to_its_image(server: str, page: Any, small: Run) -> None:
    top = answer(TopPatchesQuery(str(small.path), 3, ("conv2",)))["conv2"]
    page.goto(f"{server}/unit?run=small&layer=conv2&channel=1")
    sheet = page.get_by_test_id("stMain").locator(".js-plotly-plot").first
    sheet.wait_for()
    sheet.click(position={"x": 40, "y": 60})
    page.wait_for_url("**/feature_maps?*")
    address = parse_qs(urlsplit(page.url).query)
    assert address["image"] == [f"val:{int(top.image[1, 0])}"]
    assert address["unit"] == [f"{int(top.row[1, 0])},{int(top.col[1, 0])}"]
    assert (address["layer"], address["channel"]) == (["conv2"], ["1"])
    page.get_by_test_id("stMain").get_by_role("heading", name="Feature maps").wait_for()
