"""Top patches: pages of channels, and an inspector of the chosen one."""

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from training.runs import Run
from viz import answer
from viz.top_patches import TopPatchesQuery

Open = Callable[..., AppTest]
Said = Callable[[AppTest, str], str | None]


def words(test: AppTest) -> str:
    return "\n".join(element.value for element in [*test.markdown, *test.caption])


def test_the_page_opens_at_the_strongest_channel_of_the_last_convolution(
    app: Open, small: Run
) -> None:
    test = app("top_patches")
    assert not test.exception
    top = answer(TopPatchesQuery(str(small.path), 3, ("conv5",)))["conv5"]
    assert f"conv5, channel {int(top.score[:, 0].argmax())}" in words(test)


def test_what_was_mined_is_kept_in_the_run_for_all_convolutions(app: Open, small: Run) -> None:
    app("top_patches", layer="conv2")
    assert len(list(small.derived.glob("top-patches-*.npz"))) == 5


def test_the_chosen_channel_shows_nine_images_with_class_and_score(app: Open, small: Run) -> None:
    test = app("top_patches", layer="conv3", channel=2)
    top = answer(TopPatchesQuery(str(small.path), 3, ("conv3",)))["conv3"]
    label = small.classes[int(small.data().val.labels[int(top.image[2, 0])])]
    assert f"1 · {label} · score" in words(test)
    assert "9 · " in words(test)


def test_the_control_is_another_channel_of_the_layer(app: Open) -> None:
    test = app("top_patches", layer="conv1", channel=1)
    assert "control, channel" in words(test)
    assert "control, channel 1 " not in words(test)


def test_a_fully_connected_layer_shows_whole_images(app: Open) -> None:
    test = app("top_patches", layer="fc8")
    assert not test.exception
    assert "1–4 of 4 channels" in words(test)


def test_pooled_maps_can_be_looked_at_too(app: Open) -> None:
    test = app("top_patches", layer="pool2", channel=1)
    assert not test.exception
    assert not test.info
    assert "pool2, channel 1" in words(test)


def test_channels_come_by_number_if_the_visitor_wants(app: Open) -> None:
    assert "channel 0**" in words(app("top_patches", order="by number"))


@pytest.mark.parametrize(("name", "value"), [("channel", 999), ("layer", "conv9"), ("place", -1)])
def test_a_wrong_value_gives_the_default_and_a_notice(app: Open, name: str, value: object) -> None:
    test = app("top_patches", **{name: value})
    assert not test.exception
    assert any(name in notice.value for notice in test.info)


def test_without_data_the_page_says_what_it_needs_and_leads_on(app: Open, small: Run) -> None:
    settings = small.path / "run.json"
    settings.write_text(settings.read_text().replace(small.config["data"], "folder:/nowhere"))
    test = app("top_patches")
    assert not test.exception
    assert "Top patches need images" in test.info[0].value
    test.main.button[-1].click().run()
    assert test.title[0].value == "Feature maps & deconvnet"


def test_the_lot_that_is_drawn_is_in_the_address(app: Open, in_address: Said) -> None:
    def order(test: AppTest) -> object:
        return next(field.value for field in test.number_input if field.label == "Channel")

    first = app("top_patches", layer="conv5", order="shuffled", lot=3)
    assert not first.exception
    assert order(first) == random.Random(3).sample(range(6), 6)[0]
    next(button for button in first.button if button.key == "shuffle").click().run()
    assert in_address(first, "lot") == "4"
    assert order(first) == random.Random(4).sample(range(6), 6)[0]


def test_the_same_channels_of_another_epoch_stand_beside_it(app: Open, small: Run) -> None:
    test = app("top_patches", layer="conv2", channel=3, beside="small", beside_epoch=0)
    assert not test.exception
    assert "**A**: small, epoch 3" in words(test)
    assert "**B**: small, epoch 0" in words(test)
    assert "1–8 of 8 channels" in words(test)
    for epoch in (3, 0):
        assert answer(TopPatchesQuery(str(small.path), epoch, ("conv2",)), cached_only=True)


def test_a_run_without_the_layer_is_not_set_beside_it(app: Open, runs: Path) -> None:
    shutil.copytree(runs / "small", runs / "other")
    settings = runs / "other" / "run.json"
    written = json.loads(settings.read_text())
    written["options"]["without"] = ["conv3"]
    settings.write_text(json.dumps(written))
    test = app("top_patches", run="small", layer="conv3", beside="other")
    assert not test.exception
    assert any("B, other, epoch 3, is not shown" in notice.value for notice in test.info)


def test_channels_keep_their_places_while_the_epoch_moves(app: Open, small: Run) -> None:
    for epoch in (3, 1):
        answer(TopPatchesQuery(str(small.path), epoch, ("conv2",)))
    strongest = answer(TopPatchesQuery(str(small.path), 3, ("conv2",)))["conv2"].by_strength()[0]
    for epoch in (3, 1):
        test = app("top_patches", layer="conv2", epoch=epoch)
        assert not test.exception
        assert f"**conv2, channel {strongest}**" in words(test)


def test_the_address_says_by_which_epoch_the_channels_are_ordered(
    app: Open, small: Run, in_address: Said
) -> None:
    test = app("top_patches", layer="conv2", epoch=1)
    assert in_address(test, "ranked") == "1"  # nothing else has been mined
    answer(TopPatchesQuery(str(small.path), 3, ("conv2",)))
    order = answer(TopPatchesQuery(str(small.path), 1, ("conv2",)))["conv2"].by_strength()
    test = app("top_patches", layer="conv2", epoch=3, ranked=1)
    assert in_address(test, "ranked") == "1"
    assert f"**conv2, channel {order[0]}**" in words(test)
