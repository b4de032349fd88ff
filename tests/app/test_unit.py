"""Unit: one channel, in pictures, numbers and words."""

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from tests.app.test_retrieval import words
from training.checkpoints import save_checkpoint
from training.runs import Run
from viz import answer
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


def test_a_similar_channel_is_one_click_away(app: Open, small: Run) -> None:
    profiles = profiles_of(small, 3)
    channel = next(each for each in range(8) if profiles.similar(each, 1))
    other = profiles.similar(channel, 1)[0]
    test = app("unit", layer="conv2", channel=channel)
    next(button for button in test.main.button if button.label.startswith(f"{other} ·")).click()
    test.run()
    assert test.title[0].value == "Unit"
    assert test.number_input[0].value == other


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
