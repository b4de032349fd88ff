"""What visitors come for, from the start to the answer: by pointer, and by keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode

import numpy as np
import pytest
from PIL import Image

from app.tour.steps import STEPS
from tests.conftest import PATIENCE_S
from training.runs import Run
from training.status import FINISHED
from viz import answer
from viz.diagnosis import DiagnosisQuery
from viz.top_patches import TopPatchesQuery

pytestmark = [pytest.mark.browser, pytest.mark.thorough]
MOST_TABS = 250
MOVES_MS = 300  # plotly moves a new picture once more
FOCUSED = "part => part === document.activeElement || part.contains(document.activeElement)"
FIRST_PLACE = """chart => {
  const plot = chart.querySelector('.js-plotly-plot'), {xaxis, yaxis} = plot._fullLayout
  const places = plot._fullData.findLast(each => each.customdata && each.mode === 'markers')
  const box = plot.getBoundingClientRect()
  return [box.left + xaxis._offset + xaxis.l2p(places.x[0]),
          box.top + yaxis._offset + yaxis.l2p(places.y[0])]
}"""


class Hand(Protocol):
    """How a visitor acts; `acts` counts what is clicked or chosen."""

    acts: int

    def press(self, what: Any) -> None:
        """A button or a link."""

    def choose(self, box: Any, option: str) -> None:
        """An option of a box."""

    def write(self, box: Any, text: str) -> None:
        """Into a box, instead of what it says."""

    def point(self, picture: Any) -> None:
        """At the first place of a picture."""


class Pointer:
    """A mouse, and keys for what is written."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.acts = 0

    def press(self, what: Any) -> None:
        what.click()
        self.acts += 1

    def choose(self, box: Any, option: str) -> None:
        self.press(box)
        self.press(self.page.get_by_role("option", name=option))

    def write(self, box: Any, text: str) -> None:
        self.press(box)
        _write(self.page, text)

    def point(self, picture: Any) -> None:
        picture.scroll_into_view_if_needed()
        self.page.mouse.click(*picture.evaluate(FIRST_PLACE))
        self.acts += 1


class Keyboard:
    """Tab until what is wanted has the focus, then Enter."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.acts = 0

    def press(self, what: Any) -> None:
        self._reach(what)
        self.page.keyboard.press("Enter")
        self.acts += 1

    def choose(self, box: Any, option: str) -> None:
        self._reach(box)
        self.page.keyboard.type(option)
        self.page.get_by_role("option", name=option).first.wait_for()
        self.page.keyboard.press("Enter")
        self.acts += 2

    def write(self, box: Any, text: str) -> None:
        self._reach(box)
        _write(self.page, text)
        self.acts += 1

    def point(self, picture: Any) -> None:
        self.press(picture)

    def _reach(self, what: Any) -> None:
        what.wait_for()
        for _ in range(MOST_TABS):
            if what.evaluate(FOCUSED):
                return
            self.page.keyboard.press("Tab")
        pytest.fail(f"{what}: not reached by {MOST_TABS} times Tab")


def _write(page: Any, text: str) -> None:
    page.keyboard.press("Control+A")
    page.keyboard.type(text)
    page.keyboard.press("Enter")


@pytest.fixture(params=[Pointer, Keyboard])
def hand(request: pytest.FixtureRequest, page: Any) -> Hand:
    made: Hand = request.param(page)
    return made


@pytest.fixture
def arrive(page: Any, at_rest: Callable[[], None]) -> Callable[[str], None]:
    """Waits until the page of that title, and all that it draws, is there."""

    def wait(title: str) -> None:
        page.get_by_test_id("stMain").get_by_role("heading", name=title, level=1).wait_for()
        at_rest()
        page.wait_for_timeout(MOVES_MS)
        at_rest()

    return wait


@pytest.fixture
def link(page: Any) -> Callable[[str], Any]:
    """A page in the sidebar."""
    return lambda name: page.get_by_role("link", name=re.compile(f"^{name}"))


@contextmanager
def at_most(hand: Hand, acts: int) -> Iterator[None]:
    before = hand.acts
    yield
    assert hand.acts - before <= acts


def test_when_a_channel_of_conv1_learnt(server, page, hand, arrive, link):
    page.goto(f"{server}/?run=small")
    arrive("Overview")
    main = page.get_by_test_id("stMain")
    with at_most(hand, 3):
        hand.press(link("Evolution"))
        arrive("Evolution")
        hand.press(main.get_by_test_id("stButtonGroup").get_by_role("radio", name="conv1"))
        page.wait_for_url("**layer=conv1*")
        arrive("Evolution")
        hand.write(main.get_by_label("Channel", exact=True), "4")
        page.wait_for_url("**channel=4*")
        main.get_by_text("Channel 4: ").wait_for()


def test_a_photograph_of_ones_own_is_occluded_kept_as_pdf_and_there_again(
    server, page, hand, arrive, tmp_path
):
    mine = tmp_path / "mine.png"
    pixels = np.random.default_rng(3).integers(0, 256, (40, 96, 3), np.uint8)
    Image.fromarray(pixels).save(mine)
    page.goto(f"{server}/occlusion")
    arrive("Occlusion")
    with at_most(hand, 3):
        with page.expect_file_chooser() as chooser:
            hand.press(page.get_by_role("button", name="Upload").and_(page.locator("button")))
        chooser.value.set_files(str(mine))
        page.wait_for_url(re.compile("image=upload(:|%3A)"))
        page.get_by_text("mine.png").first.wait_for()
        arrive("Occlusion")
        with page.expect_download() as download:
            hand.press(page.get_by_role("button", name="PDF").first)
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF")
    tab = page.context.new_page()
    tab.set_default_timeout(PATIENCE_S * 1000)
    tab.goto(page.url)
    tab.get_by_text("mine.png").first.wait_for()
    tab.locator(".st-key-close-upload button").first.wait_for()


def test_two_epochs_are_chosen_once_and_stand_beside_each_other_on_three_pages(
    server, page, hand, arrive, link
):
    page.goto(f"{server}/filters?run=small")
    arrive("Filters")
    with at_most(hand, 4):
        hand.choose(page.get_by_role("combobox", name="Compare with"), "B: this run")
        page.wait_for_url("**beside=small*")
        for name in ("Filters", "Feature maps", "Top patches"):
            if name != "Filters":
                hand.press(link(name))
            arrive(name)
            for text in ("small, epoch 3", "small, epoch 0"):
                page.get_by_test_id("stMain").get_by_text(text).first.wait_for()


@pytest.mark.slow
def test_another_stride_is_trained_and_diagnosed_beside_the_first(
    server, page, hand, arrive, link, small, runs, wait_until
):
    answer(DiagnosisQuery(str(small.path), 3))
    page.goto(f"{server}/?run=small")
    arrive("Overview")
    with at_most(hand, 6):
        hand.press(link("Train"))
        arrive("Train")
        hand.choose(page.get_by_role("combobox", name="Like this run"), "small")
        page.get_by_text("nothing is changed yet").wait_for()
        arrive("Train")
        hand.write(page.get_by_role("spinbutton", name="conv1 stride"), "1")
        page.get_by_text("strides 2 1 1 1 1").wait_for()
        arrive("Train")
        hand.press(page.get_by_role("button", name="Start training"))
        wait_until(lambda: (runs / "small-strides1" / "run.json").exists())
        trained = Run.open(runs / "small-strides1")
        wait_until(lambda: trained.epochs[-1:] == [3] and trained.status().state == FINISHED)
        hand.press(page.get_by_role("button", name="Diagnose beside small"))
        page.wait_for_url("**/diagnosis*beside=small*")
    page.get_by_text("B differs from A in").wait_for()
    page.get_by_text("numbers").first.wait_for()


def test_pictures_alone_lead_from_a_filter_to_patches_unit_image_and_occlusion(
    server, page, hand, arrive, small
):
    top = answer(TopPatchesQuery(str(small.path), 3, ("conv1",)))["conv1"]
    strongest = int(top.score[:, 0].argmax())
    assert strongest != 0

    def picture(key: str = "") -> Any:
        main = page.get_by_test_id("stMain")
        return main.locator(f'[class*="st-key-{key}"] .stPlotlyChart[role=application]').first

    page.goto(f"{server}/filters?run=small")
    arrive("Filters")
    with at_most(hand, 6):
        hand.point(picture("filters"))
        page.wait_for_url("**channel=0*")
        arrive("Filters")
        hand.point(picture("nine-conv1-0"))
        page.wait_for_url(re.compile("/top_patches.*channel=0"))
        arrive("Top patches")
        hand.point(picture())  # the strongest
        page.wait_for_url(re.compile(f"/top_patches.*channel={strongest}"))
        arrive("Top patches")
        hand.point(picture())
        page.wait_for_url(re.compile(f"/unit.*channel={strongest}"))
        arrive("Unit")
        hand.point(picture())
        page.wait_for_url("**/feature_maps?*")
        arrive("Feature maps")
        hand.point(picture("picture-input"))
        page.wait_for_url(re.compile("/occlusion.*image=val(:|%3A)"))
    arrive("Occlusion")


def test_the_whole_tour_is_ten_pages_with_next_alone(server, page, hand, small):
    page.goto(f"{server}/filters?{urlencode({'run': small.path.name, 'tour': 1})}")
    for number, step in enumerate(STEPS, 1):
        band = page.locator(".st-key-tour")
        band.get_by_text(f"{number} of 10 · {step.title}").wait_for()
        band.get_by_text("Here:").wait_for()
        if number < len(STEPS):
            hand.press(band.get_by_role("button", name="Next"))
    page.wait_for_url("**/compare?*tour=10*")
