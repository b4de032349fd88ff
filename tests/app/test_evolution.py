"""Evolution: channels down, epochs across, and when each settles."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from training.runs import Run
from viz import answer
from viz.evolution import EvolutionQuery
from viz.evolution.figure import HEAD_PX
from viz.top_patches import TopPatchesQuery

Open = Callable[..., AppTest]
Said = Callable[[AppTest, str], str | None]


def words(test: AppTest) -> str:
    return "\n".join(element.value for element in [*test.markdown, *test.caption])


def followed(test: AppTest) -> list[int]:
    """The channels that are drawn, from the labels at the left of their rows."""
    labels = "".join(block.value for block in test.get("html"))
    return [int(number) for number in re.findall(r">(?:A · )?channel (\d+)<", labels)]


def test_the_page_follows_strong_channels_over_all_epochs(app: Open, small: Run) -> None:
    test = app("evolution", layer="conv3")
    assert not test.exception
    top = answer(TopPatchesQuery(str(small.path), 3, ("conv3",)))["conv3"]
    chosen = followed(test)
    assert len(chosen) == 6
    assert chosen[0] == int(top.score[:, 0].argmax())
    query = EvolutionQuery(
        str(small.path), layer="conv3", channels=tuple(chosen), epochs=(0, 1, 2, 3)
    )
    assert answer(query, cached_only=True).epoch.tolist() == [0, 1, 2, 3]


def test_the_rows_stay_where_they_are_when_the_epoch_moves(app: Open) -> None:
    assert followed(app("evolution", epoch=1)) == followed(app("evolution", epoch=3))


def test_any_channel_is_found_by_its_number_and_its_page_can_be_turned(
    app: Open, in_address: Said
) -> None:
    test = app("evolution", layer="conv2", order="by number")
    assert followed(test) == [0, 1, 2, 3, 4, 5]
    [number] = [each for each in test.main.number_input if each.label == "Channel"]
    number.set_value(7).run()
    assert in_address(test, "channel") == "7"
    assert followed(test) == [6, 7]
    assert "**Channel 7: " in words(test)


def test_the_answer_is_when_the_channel_learnt(app: Open, small: Run) -> None:
    test = app("evolution", layer="conv1", channel=2)
    query = EvolutionQuery(str(small.path), layer="conv1", channels=(2,), epochs=(0, 1, 2, 3))
    when = answer(query).learnt[2]
    said = "still changing" if when is None else f"epoch {when}"
    assert re.search(rf"\*\*Channel 2: [a-z ]*{said}\*\*", words(test))


def test_chosen_channels_are_in_the_address_until_all_are_wanted(
    app: Open, in_address: Said
) -> None:
    test = app("evolution", layer="conv2", channels="3,1")
    assert followed(test) == [3, 1]
    next(each for each in test.main.button if each.label == "All channels").click().run()
    assert not test.exception
    assert in_address(test, "channels") is None
    assert len(followed(test)) == 6


@pytest.mark.parametrize("value", ["99", "x", "", "1,-1"])
def test_wrong_channels_give_the_default_and_a_notice(app: Open, value: str) -> None:
    test = app("evolution", channels=value)
    assert not test.exception
    assert any("channels" in notice.value for notice in test.info)


def test_a_run_with_one_checkpoint_leads_on(app: Open, small: Run) -> None:
    for epoch in (0, 1, 2):
        (small.path / "checkpoints" / f"epoch-{epoch:04d}.safetensors").unlink()
    test = app("evolution")
    assert not test.exception
    assert "single checkpoint" in test.info[0].value
    test.main.button[-1].click().run()
    assert test.title[0].value == "Top patches"


def test_another_run_s_channels_stand_under_each_of_the_first(
    app: Open, small: Run, runs: Path
) -> None:
    shutil.copytree(small.path, runs / "other")
    test = app("evolution", run="small", layer="conv2", channels="3,1", beside="other")
    assert not test.exception
    said = words(test)
    assert said.index("**A**: small") < said.index("**B**: other")
    labels = "".join(block.value for block in test.get("html"))
    assert re.findall(r">([AB] · channel \d)<", labels) == [
        f"{who} · channel {channel}" for channel in (3, 1) for who in "AB"
    ]
    told = re.findall("at the same epoch as A|not to be compared", labels)
    assert len(told) == 2  # they are copies


def test_another_epoch_of_the_run_is_in_the_picture_already(app: Open) -> None:
    test = app("evolution", layer="conv2", beside="small", beside_epoch=1)
    assert not test.exception
    assert "A and B are two epochs of this run, 3 and 1: both are outlined" in words(test)


@pytest.mark.browser
def test_a_cell_opens_the_unit_at_that_epoch(server: str, page: Any) -> None:
    page.goto(f"{server}/evolution?run=small&layer=conv2&channel=5&order=by number")
    plot = page.get_by_test_id("stMain").locator(".js-plotly-plot")
    plot.wait_for()
    side = plot.bounding_box()["width"] / 4  # four epochs
    plot.click(position={"x": 1.5 * side, "y": HEAD_PX + 30})
    page.wait_for_url("**/unit?*epoch=1*")
    assert "layer=conv2" in page.url
    assert "channel=0" in page.url
