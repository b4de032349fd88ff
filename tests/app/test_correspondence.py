"""Correspondence: objects where they are known, boxes drawn, brought as a table and kept."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app.views.correspondence import TABLE, folder_of, keep_table
from tests.app.test_retrieval import words
from training.runs import Run
from viz import answer, ask
from viz.correspondence import CorrespondenceLook, CorrespondenceQuery
from viz.network.parts import Box, csv_of

Open = Callable[..., AppTest]
Said = Callable[[AppTest, str], str | None]
BOXES = [
    Box(image, part, left, 4, left + 8, 14)
    for part, left in (("left eye", 2), ("nose", 16))
    for image in ("1", "5", "6")
]


def asked_of(run: Run, boxes: list[Box], *layers: str) -> CorrespondenceQuery:
    table = folder_of(run) / keep_table(run, boxes) / TABLE
    return CorrespondenceQuery(str(run.path), 3, table=str(table), layers=layers)


def test_without_masks_the_page_offers_pictures_to_draw_on(app: Open) -> None:
    test = app("correspondence")
    assert not test.exception
    assert "Drag a box over **part A**" in words(test)
    assert any("two pictures or more" in info.value for info in test.info)


def test_what_the_address_says_is_marked_is_there_again_and_compared_on_demand(
    app: Open, small: Run
) -> None:
    test = app("correspondence", boxes=keep_table(small, BOXES), images="1,5,6")
    assert not test.exception
    assert "**left eye** is marked in 3" in words(test)
    assert "Zeiler & Fergus 2013" not in words(test)
    next(button for button in test.button if button.label == "Compare").click().run()
    assert not test.exception
    assert "Zeiler & Fergus 2013, section 4.4" in words(test)
    found = answer(asked_of(small, BOXES), cached_only=True)
    assert found.parts == ("left eye", "nose")
    again = app("correspondence", boxes=keep_table(small, BOXES))
    assert "Zeiler & Fergus 2013, section 4.4" in words(again)  # what is cached needs no button


def test_undo_takes_back_the_last_box(app: Open, small: Run, in_address: Said) -> None:
    test = app("correspondence", boxes=keep_table(small, BOXES))
    next(button for button in test.button if button.label == "Undo").click().run()
    assert in_address(test, "boxes") == keep_table(small, BOXES[:-1])
    next(button for button in test.button if button.label == "Remove all").click().run()
    assert in_address(test, "boxes") is None


def test_a_part_of_one_picture_waits_for_another(app: Open, small: Run) -> None:
    test = app("correspondence", boxes=keep_table(small, BOXES[:4]))
    assert "one picture only, so not compared yet: nose" in words(test)


def test_the_command_under_the_figure_asks_the_same_question(app: Open, small: Run) -> None:
    answer(asked_of(small, BOXES, "conv5", "fc7"))
    test = app("correspondence", boxes=keep_table(small, BOXES), layers="conv5,fc7")
    line = next(code.value for code in test.code if code.value.startswith("python -m viz"))
    table = Path(line.split("--parts ")[1].split()[0])
    assert table.read_text() == csv_of(BOXES)
    assert "--layers conv5,fc7 " in line


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("images", "1,99"),
        ("images", "x"),
        ("boxes", "../../run.json"),
        ("boxes", "0" * 64),
        ("layers", "conv9"),
        ("parts", "object"),
    ],
)
def test_a_wrong_value_gives_the_default_and_a_notice(app: Open, name: str, value: str) -> None:
    test = app("correspondence", **{name: value})
    assert not test.exception
    assert any(name in notice.value for notice in test.info)


def test_objects_that_the_data_set_knows_are_hidden_at_once(
    app: Open, small: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = small.data()
    masks = np.zeros(data.val.images.shape[:3], bool)
    masks[:, 8:20, 6:22] = True
    known = replace(data, val=replace(data.val, masks=masks))
    monkeypatch.setattr(Run, "data", lambda *_: known)
    test = app("correspondence")
    assert not test.exception
    assert "Hiding" in words(test)
    query = CorrespondenceQuery(str(small.path), 3, images=("0", "1", "2", "3"))
    shown = ask(query, CorrespondenceLook()).shown
    assert np.array_equal(shown.masks["object"], masks[:4])
    assert shown.masks["upper half"][:, 8:14, 6:22].all()
    answer(query, cached_only=True)  # or it raises: the page cached it
    test = app("correspondence", images="3")
    assert any("two are needed" in info.value for info in test.info)


def test_tables_are_kept_for_one_data_set_and_size(small: Run) -> None:
    assert folder_of(small).name == f"{small.config['data_fingerprint']}-32px"


@pytest.mark.browser
def test_a_box_is_dragged_and_a_table_is_brought(server: str, page: Any, tmp_path: Path) -> None:
    page.goto(f"{server}/correspondence?images=1,5")
    page.get_by_text("Picture 1 of 2").wait_for()
    board = page.locator(".js-plotly-plot .nsewdrag").first
    board.wait_for()
    corner = board.bounding_box()
    # 14 px of the board are one of the picture, and it begins 2 px inside
    page.mouse.move(corner["x"] + 2 + 14 * 4, corner["y"] + 2 + 14 * 6)
    page.mouse.down()
    page.mouse.move(corner["x"] + 100, corner["y"] + 130, steps=4)
    page.mouse.move(corner["x"] + 2 + 14 * 12, corner["y"] + 2 + 14 * 13, steps=4)
    page.mouse.up()
    page.get_by_text("Picture 2 of 2").wait_for()
    [table] = tmp_path.rglob("parts.csv")
    assert table.read_text().splitlines()[1] == "1,part A,4,6,12,13"
    bad, good = tmp_path / "bad.csv", tmp_path / "good.csv"
    bad.write_text(csv_of(BOXES).replace("2,4,10,14", "2,4,x,14", 1))
    good.write_text(csv_of(BOXES))
    page.set_input_files("input[type=file]", str(bad))
    page.get_by_text("bad.csv, row 2, column right: 'x' is no whole number").wait_for()
    page.set_input_files("input[type=file]", str(good))
    page.get_by_text("Picture 1 of 3").wait_for()
    page.get_by_role("button", name="Compare").click()
    page.get_by_text("How to read this, and the numbers beside the paper's").click()
    page.get_by_text("The paper's table 1").wait_for()
