"""The frame: run and epoch, chosen once for all pages and kept in the address."""

import re
import shutil
from collections.abc import Callable, Iterator
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
LISTENS = "html[data-filterscope=listens]"
IDLE = "[data-test-script-state=notRunning]"
PAGES = [path.stem for path in Path(__file__).parents[2].glob("app/pages/[a-z]*.py")]


def test_without_an_epoch_in_the_address_the_newest_one_is_shown(
    app: Open, in_address: Said
) -> None:
    test = app()
    assert epoch_of(test) == 3
    assert "epoch" not in test.query_params
    assert in_address(test, "run") == "small"


def test_an_epoch_in_the_address_is_shown(app: Open) -> None:
    assert epoch_of(app(epoch=1)) == 1


def epoch_of(test: AppTest) -> int:
    """What the bar's player stands at; it lives in the browser and AppTest does not show it."""
    return int(test.session_state["choice"].epoch)


def test_pages_that_show_two_offer_another_epoch_and_other_runs(
    app: Open, in_address: Said, runs: Path
) -> None:
    shutil.copytree(runs / "small", runs / "other")
    test = app("filters", run="small")
    choices = next(box for box in test.selectbox if box.label == "Compare with")
    assert choices.options == ["Compare with …", "B: this run", "B: other"]
    choices.set_value("other").run()
    assert in_address(test, "beside") == "other"
    assert test.session_state["compare_with"].epoch == 3


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


@pytest.mark.parametrize("epoch", ["-1", "4", "1e9", "", "<script>"])
def test_an_epoch_that_is_not_there_gives_the_default_and_a_notice(app: Open, epoch: str) -> None:
    test = app(epoch=epoch)
    assert not test.exception
    assert epoch_of(test) == 3
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
    assert epoch_of(test) == 3


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
    assert epoch_of(test) == 3
    assert "Epoch 3" in [caption.value for caption in test.caption]


def test_a_run_without_a_checkpoint_says_so_and_the_others_can_be_chosen(
    app: Open, runs: Path
) -> None:
    shutil.copytree(runs / "small", runs / "bare")
    shutil.rmtree(runs / "bare" / "checkpoints")
    for name in PAGES:
        test = app(name, run="bare")
        assert not test.exception
        assert name in ALONE or "no checkpoint yet" in test.info[0].value
    next(box for box in test.selectbox if box.label == "Run").set_value("small").run()
    assert epoch_of(test) == 3


@pytest.mark.browser
def test_moving_the_epoch_slider_redraws_the_filters(server: str, page: Any) -> None:
    page.goto(f"{server}/?epoch=1")
    page.get_by_text("First filters, epoch 1").wait_for()
    page.get_by_role("slider", name="Epoch").press("ArrowLeft")
    page.get_by_text("First filters, epoch 0").wait_for()
    page.wait_for_url("**epoch=0*")
    page.reload()
    page.get_by_text("First filters, epoch 0").wait_for()
    page.get_by_role("link", name="Filters", exact=True).click()
    page.wait_for_url("**/filters?*epoch=0*")


@pytest.mark.browser
def test_as_many_steps_as_presses_of_an_arrow_key(server: str, page: Any) -> None:
    page.goto(f"{server}/filters?epoch=0")
    page.get_by_text("Epoch 0 of 3").wait_for()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    page.wait_for_url("**/filters?*epoch=2*")
    page.get_by_text("Epoch 2 of 3").wait_for()
    page.get_by_role("button", name="Step on").click()
    page.wait_for_url(re.compile(r"/filters\?(?!.*epoch=)"))  # the right end is the newest
    page.get_by_role("button", name="Step back").click()
    page.wait_for_url("**/filters?*epoch=2*")


@pytest.mark.browser
def test_play_goes_from_the_first_epoch_to_the_last_and_stops(server: str, page: Any) -> None:
    page.goto(f"{server}/filters")
    page.get_by_text("Epoch 3 of 3").wait_for()
    page.get_by_label("Speed").select_option("4")
    page.get_by_role("button", name="Play the epochs").click()
    page.get_by_text("Epoch 0 of 3").wait_for()
    page.get_by_role("button", name="Pause").wait_for()
    page.get_by_text("Epoch 3 of 3").wait_for()
    page.get_by_role("button", name="Play the epochs").wait_for()


@pytest.mark.browser
def test_the_bar_stays_in_sight_while_the_page_scrolls(server: str, page: Any) -> None:
    page.set_viewport_size({"width": 1024, "height": 500})
    page.goto(f"{server}/")
    page.get_by_text("Export report").scroll_into_view_if_needed()
    assert page.get_by_role("slider", name="Epoch").bounding_box()["y"] < 60


@pytest.mark.browser
def test_arrows_move_over_a_picture_to_point_at_and_enter_chooses(
    server: str, page: Any, at_rest: Callable[[], None]
) -> None:
    page.goto(f"{server}/filters?epoch=2")
    picture = page.locator(".stPlotlyChart[data-own-arrows]").first
    picture.wait_for()
    at_rest()
    picture.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowRight"):
        page.keyboard.press(key)
    page.get_by_role("status", name=re.compile("^filter 2")).wait_for(state="attached")
    page.keyboard.press("Enter")
    page.wait_for_url("**channel=2*")
    assert "epoch=2" in page.url  # those arrows were the picture's


@pytest.mark.browser
def test_the_key_p_turns_lecture_mode_on_and_off(server: str, page: Any) -> None:
    page.goto(f"{server}/filters?epoch=1")
    page.locator(LISTENS).wait_for(state="attached")
    page.keyboard.press("p")
    page.wait_for_url("**lecture=1*")
    page.get_by_role("link", name="Top patches").wait_for(state="hidden")
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**epoch=2*")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Top patches").wait_for()
    page.wait_for_url(re.compile(r"^(?!.*lecture)"))


@pytest.mark.browser
def test_p_pressed_again_leaves_lecture_mode_however_often_the_page_was_drawn(
    server: str, page: Any
) -> None:
    page.goto(f"{server}/filters?epoch=0")
    page.locator(LISTENS).wait_for(state="attached")
    for epoch in (1, 2):
        page.keyboard.press("ArrowRight")
        page.wait_for_url(f"**epoch={epoch}*")
    for _ in range(2):
        page.keyboard.press("p")
        page.wait_for_url("**lecture=1*")
        page.get_by_role("link", name="Top patches").wait_for(state="hidden")
        page.keyboard.press("p")
        page.get_by_role("link", name="Top patches").wait_for()
        page.wait_for_url(re.compile(r"^(?!.*lecture)"))


@pytest.mark.browser
def test_a_page_knows_how_wide_its_window_is(server: str, page: Any) -> None:
    page.set_viewport_size({"width": 1920, "height": 900})
    page.goto(f"{server}/filters")
    page.wait_for_function("document.cookie.includes('filterscope_width')")
    [width] = (each["value"] for each in page.context.cookies() if "width" in each["name"])
    sidebar = page.get_by_test_id("stSidebar").bounding_box()["width"]
    assert int(width) == pytest.approx(1920 - sidebar - 2 * 1.25 * 15, abs=20)


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
        assert "epoch" not in test.query_params
        new_epoch(in_training)
        assert epoch_of(test.run()) == 4
        (in_training.path / "checkpoints" / "epoch-0004.safetensors").unlink()


def test_an_epoch_that_was_chosen_stays_while_the_run_goes_on(app: Open, in_training: Run) -> None:
    test = app(epoch=2)
    new_epoch(in_training)
    assert epoch_of(test.run()) == 2


def test_pages_of_dear_pictures_hold_on_to_their_epoch_and_release_it_on_leaving(
    app: Open, in_address: Said, in_training: Run
) -> None:
    test = app("retrieval")
    assert in_address(test, "epoch") == "3"
    new_epoch(in_training)
    test.run()
    assert not test.exception
    assert epoch_of(test) == 3
    test.switch_page("app/pages/filters.py").run()
    assert epoch_of(test) == 4
