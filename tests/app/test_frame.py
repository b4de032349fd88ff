"""The frame: run and epoch, chosen once for all pages and kept in the address."""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch
from streamlit.testing.v1 import AppTest

from training.checkpoints import save_checkpoint
from training.runs import Run
from training.status import Reporter

Open = Callable[..., AppTest]
Said = Callable[[AppTest, str], str | None]
ALONE = ("train", "compare")  # what they show needs no epoch of the chosen run
PAGES = [path.stem for path in Path(__file__).parents[2].glob("app/pages/[a-z]*.py")]


def test_without_an_epoch_in_the_address_the_newest_one_is_shown(
    app: Open, in_address: Said
) -> None:
    test = app()
    assert test.select_slider[0].value == 3
    assert "epoch" not in test.query_params
    assert in_address(test, "run") == "small"


def test_an_epoch_in_the_address_is_shown(app: Open) -> None:
    assert app(epoch=1).select_slider[0].value == 1


def test_the_slider_puts_its_epoch_into_the_address(app: Open, in_address: Said) -> None:
    test = app()
    test.select_slider[0].set_value(2).run()
    assert in_address(test, "epoch") == "2"


def test_the_right_end_of_the_slider_follows_the_newest_epoch_again(app: Open) -> None:
    test = app(epoch=1)
    test.select_slider[0].set_value(3).run()
    assert "epoch" not in test.query_params


def test_the_buttons_step_by_one_epoch(app: Open) -> None:
    test = app(epoch=1)
    test.button(key="step on").click().run()
    assert test.select_slider[0].value == 2
    test.button(key="step back").click().run()
    test.button(key="step back").click().run()
    assert test.select_slider[0].value == 0


def test_pages_that_show_two_offer_another_epoch_and_other_runs(
    app: Open, in_address: Said, runs: Path
) -> None:
    shutil.copytree(runs / "small", runs / "other")
    test = app("filters", run="small")
    choices = next(box for box in test.selectbox if box.label == "Compare with")
    assert choices.options == ["nothing", "this run, another epoch", "other"]
    choices.set_value("other").run()
    assert in_address(test, "beside") == "other"
    epochs = next(slider for slider in test.select_slider if slider.label == "Epoch of B")
    assert epochs.value == 3


def test_what_to_compare_with_goes_along_to_the_next_page(app: Open, in_address: Said) -> None:
    test = app("filters", beside="small", beside_epoch=1)
    test.switch_page("app/pages/overview.py").run()
    test.switch_page("app/pages/filters.py").run()
    assert in_address(test, "beside") == "small"
    assert in_address(test, "beside_epoch") == "1"


def test_a_run_to_compare_with_that_is_not_there_gives_a_notice(app: Open) -> None:
    test = app("filters", beside="../..")
    assert not test.exception
    assert "There is no beside" in test.info[0].value


def test_play_steps_on_also_where_pictures_are_dear(app: Open) -> None:
    test = app("feature_maps", epoch=1)
    test.button(key="play").click().run()
    assert not test.exception
    assert test.session_state["playing"]


@pytest.mark.parametrize("epoch", ["-1", "4", "1e9", "", "<script>"])
def test_an_epoch_that_is_not_there_gives_the_default_and_a_notice(app: Open, epoch: str) -> None:
    test = app(epoch=epoch)
    assert not test.exception
    assert test.select_slider[0].value == 3
    assert "There is no epoch" in test.info[0].value


@pytest.mark.parametrize("run", ["../..", "gone", "/etc/passwd", "<script>alert(1)</script>"])
def test_a_run_that_is_not_there_gives_the_default_and_a_notice(
    app: Open, in_address: Said, run: str
) -> None:
    test = app(run=run)
    assert not test.exception
    assert in_address(test, "run") == "small"
    assert "There is no run" in test.info[0].value


def test_a_run_deleted_while_open_is_gone_and_the_next_one_is_shown(
    app: Open, in_address: Said, runs: Path
) -> None:
    shutil.copytree(runs / "small", runs / "other")
    test = app(run="other")
    shutil.rmtree(runs / "other")
    test.run()
    assert not test.exception
    assert "other is gone" in test.info[0].value
    assert in_address(test, "run") == "small"


def test_a_broken_run_is_listed_with_its_reason_and_harms_no_other(app: Open, runs: Path) -> None:
    (runs / "torn").mkdir()
    (runs / "torn" / "run.json").write_text("{")
    test = app()
    assert not test.exception
    assert "torn" in " ".join(element.value for element in test.sidebar.markdown)
    assert test.select_slider[0].value == 3


@pytest.mark.parametrize("name", PAGES)
def test_a_damaged_checkpoint_is_a_sentence_and_its_neighbours_work(
    app: Open, runs: Path, name: str
) -> None:
    (runs / "small" / "checkpoints" / "epoch-0002.safetensors").write_bytes(b"no weights")
    test = app(name, epoch=2)
    assert not test.exception
    if name not in ALONE:
        assert "epoch-0002.safetensors" in test.error[0].value.replace("\\", "")


@pytest.mark.parametrize("name", PAGES)
def test_weights_that_are_no_numbers_have_a_banner_and_no_traceback(
    app: Open, runs: Path, name: str
) -> None:
    path = runs / "small"
    weights = Run.open(path).network(2).state_dict()
    weights["conv1.weight"][0, 0, 0, 0] = torch.nan
    weights["conv3.weight"][1] = torch.inf
    save_checkpoint(path, 2, weights)
    test = app(name, epoch=2)
    assert not test.exception
    if name in ALONE:
        return
    said = " ".join(element.value for element in [*test.info, *test.error])
    assert "not finite" in said
    assert "conv1" in said or name == "diagnosis"


def test_an_imported_run_with_one_epoch_has_no_slider(app: Open, runs: Path) -> None:
    for epoch in (0, 1, 2):
        (runs / "small" / "checkpoints" / f"epoch-{epoch:04d}.safetensors").unlink()
    test = app()
    assert not test.exception
    assert not test.select_slider


def test_a_run_without_a_checkpoint_says_so_and_the_others_can_be_chosen(
    app: Open, runs: Path
) -> None:
    shutil.copytree(runs / "small", runs / "bare")
    shutil.rmtree(runs / "bare" / "checkpoints")
    for name in PAGES:
        test = app(name, run="bare")
        assert not test.exception
        assert name in ALONE or "no checkpoint yet" in test.info[0].value
    test.sidebar.selectbox[0].set_value("small").run()
    assert test.select_slider[0].value == 3


@pytest.mark.browser
def test_moving_the_epoch_slider_redraws_the_filters(server: str, page: Any) -> None:
    page.goto(f"{server}/?epoch=1")
    page.get_by_text("First filters, epoch 1").wait_for()
    press_until(page, "ArrowLeft", "**epoch=0*", on=page.get_by_role("slider"))
    page.get_by_text("First filters, epoch 0").wait_for()
    page.reload()
    page.get_by_text("First filters, epoch 0").wait_for()
    page.get_by_role("link", name="Filters", exact=True).click()
    page.wait_for_url("**/filters?*epoch=0*")


def press_until(page: Any, key: str, address: Any, on: Any = None) -> None:
    """Press a key, again where the page was just being drawn anew under it.

    Only for the step to the first or the last epoch, where a press too many does nothing.
    """
    from playwright.sync_api import TimeoutError as NotYet

    for _ in range(60):
        page.locator("[data-test-script-state=notRunning]").wait_for()
        (page.keyboard if on is None else on).press(key)
        with suppress(NotYet):
            page.wait_for_url(address, timeout=5_000)
            return
    pytest.fail(f"{key} never led from {page.url} to {address}")


@pytest.fixture
def in_training(small: Run) -> Iterator[Run]:
    """The run as it looks while another process trains it."""
    report = Reporter(small.path / "status.json", message="Epoch 4 of 12")
    report(10, 100)
    yield small
    report.end("stopped")


def new_epoch(run: Run) -> None:
    weights = {name: tensor.clone() for name, tensor in run.network(3).state_dict().items()}
    save_checkpoint(run.path, 4, weights)


def test_overview_and_filters_follow_a_run_in_training(app: Open, in_training: Run) -> None:
    for name in ("overview", "filters"):
        test = app(name)
        assert test.select_slider[0].label == "Epoch, following the newest"
        new_epoch(in_training)
        assert test.run().select_slider[0].value == 4
        (in_training.path / "checkpoints" / "epoch-0004.safetensors").unlink()


def test_an_epoch_that_was_chosen_stays_while_the_run_goes_on(app: Open, in_training: Run) -> None:
    test = app(epoch=2)
    new_epoch(in_training)
    assert test.run().select_slider[0].value == 2


def test_pages_of_dear_pictures_hold_on_to_their_epoch_and_release_it_on_leaving(
    app: Open, in_address: Said, in_training: Run
) -> None:
    test = app("retrieval")
    assert in_address(test, "epoch") == "3"
    new_epoch(in_training)
    test.run()
    assert not test.exception
    assert test.select_slider[0].value == 3
    test.switch_page("app/pages/filters.py").run()
    assert test.select_slider[0].value == 4


@pytest.mark.browser
def test_the_arrow_keys_step_through_the_epochs(server: str, page: Any) -> None:
    page.goto(f"{server}/filters?epoch=1")
    press_until(page, "ArrowLeft", "**/filters?*epoch=0*")
    page.goto(f"{server}/filters?epoch=2")
    press_until(page, "ArrowRight", re.compile(r"/filters\?(?!.*epoch=)"))  # the newest
