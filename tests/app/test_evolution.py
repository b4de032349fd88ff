"""Evolution: channels down, epochs across, and when each settles."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from training.runs import Run
from viz import answer
from viz.evolution import EvolutionQuery
from viz.top_patches import TopPatchesQuery

Open = Callable[..., AppTest]
Said = Callable[[AppTest, str], str | None]


def words(test: AppTest) -> str:
    return "\n".join(element.value for element in [*test.markdown, *test.caption])


def test_the_page_follows_six_strong_channels_over_all_epochs(app: Open, small: Run) -> None:
    test = app("evolution", layer="conv3")
    assert not test.exception
    top = answer(TopPatchesQuery(str(small.path), 3, ("conv3",)))["conv3"]
    chosen = test.multiselect[0].value
    assert len(chosen) == 6
    assert chosen[0] == int(top.score[:, 0].argmax())
    followed = EvolutionQuery(str(small.path), layer="conv3", channels=tuple(chosen))
    assert answer(followed, cached_only=True).epoch.tolist() == [0, 1, 2, 3]


def test_the_first_layer_shows_its_filters_too(app: Open) -> None:
    assert "The filters themselves" in words(app("evolution", layer="conv1"))
    assert "The filters themselves" not in words(app("evolution", layer="conv2"))


def test_chosen_channels_are_in_the_address(app: Open, in_address: Said) -> None:
    test = app("evolution", layer="conv2", channels="3,1")
    assert test.multiselect[0].value == [3, 1]
    test.multiselect[0].set_value([3, 1, 5]).run()
    assert not test.exception
    assert in_address(test, "channels") == "3,1,5"


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


def test_another_run_s_channels_stand_below_and_both_are_timed(
    app: Open, small: Run, runs: Path
) -> None:
    shutil.copytree(small.path, runs / "other")
    test = app("evolution", run="small", layer="conv2", channels="3,1", beside="other")
    assert not test.exception
    said = words(test)
    assert said.index("**A**: small") < said.index("**B**: other")
    found = re.search(r"settled by epoch \*\*(\d+)\*\* in A and by epoch \*\*(\d+)\*\* in B", said)
    assert found is not None
    assert found[1] == found[2]  # they are copies


def test_another_epoch_of_the_run_is_in_the_picture_already(app: Open) -> None:
    test = app("evolution", layer="conv2", beside="small", beside_epoch=1)
    assert not test.exception
    assert "B can be another run here" in words(test)
