"""Boxes around objects: from a table beside the images to pixels of the stored square."""

import numpy as np
import pytest
from PIL import Image

from training.data import describe, open_data, store
from training.errors import WorkbenchError
from training.preprocess import square, square_box

HEADER = "path,x0,y0,x1,y1"


def write(photos, *lines: str, header: str = HEADER) -> None:
    (photos / "boxes.csv").write_text("\n".join([header, *lines]) + "\n")


@pytest.fixture
def spec(photos, fill) -> str:
    for split, count in (("train", 3), ("val", 2)):
        fill(photos / split / "cat", count), fill(photos / split / "dog", count)
    return f"folder:{photos}"


@pytest.mark.parametrize(
    ("box", "size", "side", "expected"),
    [
        ((3, 5, 9, 11), (20, 20), 20, (3, 5, 9, 11)),  # stored as it is
        ((4, 8, 12, 16), (20, 20), 10, (2, 4, 6, 8)),  # halved
        ((5, 8, 11, 16), (20, 20), 10, (2, 4, 6, 8)),  # halves of pixels are touched
        ((20, 0, 40, 20), (60, 20), 20, (0, 0, 20, 20)),  # the middle third of a wide one
        ((30, 6, 50, 10), (60, 20), 20, (10, 6, 20, 10)),  # its right edge is cut off
        ((8, 40, 16, 60), (40, 80), 20, (4, 10, 8, 20)),  # halved, then 10 px off the top
        ((2, 1, 4, 3), (10, 10), 20, (4, 2, 8, 6)),  # enlarged
        ((0, 0, 10, 20), (60, 20), 20, (0, 0, 0, 20)),  # nothing left of it
    ],
)
def test_a_box_goes_the_way_of_its_image(box, size, side, expected):
    assert square_box(box, size, side) == expected


def test_the_box_lies_where_the_painted_object_does():
    generator = np.random.default_rng(0)
    for _ in range(30):
        width, height = generator.integers(40, 120, 2)
        left, top = generator.integers(0, width - 12), generator.integers(0, height - 12)
        pixels = np.zeros((height, width, 3), np.uint8)
        pixels[top : top + 12, left : left + 12] = 255
        seen = np.asarray(square(Image.fromarray(pixels), 32))[..., 0] > 127
        box = square_box((left, top, left + 12, top + 12), (int(width), int(height)), 32)
        if not seen.any():
            continue
        rows, columns = np.nonzero(seen.any(1))[0], np.nonzero(seen.any(0))[0]
        found = (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)
        assert np.abs(np.array(found) - box).max() <= 1  # the painted edge is blurred


def test_boxes_are_stored_beside_the_images_and_half_open(spec, photos):
    write(photos, "train/cat/001.png,0,10,19,14", "val/dog/000.png,4,4,4,4")
    data = open_data(spec, size=10)
    assert data.train.boxes.tolist() == [[-1] * 4, [0, 5, 10, 8], *[[-1] * 4] * 4]
    assert data.val.boxes.tolist() == [*[[-1] * 4] * 2, [2, 2, 3, 3], [-1] * 4]
    assert data.notices == ()


def test_without_a_table_there_are_no_boxes(spec):
    assert open_data(spec, size=10).val.boxes is None


def test_images_left_out_take_their_boxes_with_them(spec, photos):
    write(photos, "val/cat/000.png,0,0,1,1", "val/cat/001.png,0,0,9,9")
    (photos / "val/cat/000.png").write_bytes(b"")
    assert open_data(spec, size=20).val.boxes[0].tolist() == [0, 0, 10, 10]


def test_a_table_that_came_later_is_seen(spec, photos):
    before = open_data(spec, size=10)
    write(photos, "val/cat/000.png,0,0,9,9")
    after = open_data(spec, size=10)
    assert after.val.boxes[0].tolist() == [0, 0, 5, 5]
    assert after.fingerprint == before.fingerprint  # what was kept of the images still holds
    write(photos, "val/cat/000.png,0,0,19,19")
    assert open_data(spec, size=10).val.boxes[0].tolist() == [0, 0, 10, 10]
    (photos / "boxes.csv").unlink()
    assert open_data(spec, size=10).val.boxes is None


def test_boxes_that_did_not_change_decode_nothing(spec, photos, monkeypatch):
    write(photos, "val/cat/000.png,0,0,9,9")
    open_data(spec, size=10)
    monkeypatch.setattr(store, "decoded", None)  # calling it would be an error
    assert open_data(spec, size=10).val.boxes[0].tolist() == [0, 0, 5, 5]


def test_images_held_out_keep_their_boxes(photos, fill):
    fill(photos / "cat", 20)
    write(photos, *(f"cat/{index:03}.png,{index},0,19,19" for index in range(20)))
    data = open_data(f"folder:{photos}", size=20)
    for split in (data.train, data.val):
        truth = [int(name[4:7]) for name in split.names]
        assert split.boxes[:, 0].tolist() == truth
    assert "no images" not in "".join(data.notices)  # the table is of use


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("val/cat/9.png,0,0,9,9", "boxes of images that are not there"),
        ("val/cat/000.png,0,0,9", "lines that are no box"),
        ("val/cat/000.png,0,zero,9,9", "lines that are no box"),
        ("val/cat/000.png,9,0,4,9", "lines that are no box"),
        ("val/cat/000.png,-3,0,9,9", "lines that are no box"),
        ("val/cat/001.png,5,5,7,7", "further boxes of an image that has one"),
        ("val/cat/000.png,0,0,20,9", "Boxes that reach outside of their image"),
    ],
)
def test_a_bad_line_is_named_skipped_and_counted(spec, photos, line, said):
    write(photos, "val/cat/001.png,0,0,9,9", line)
    data = open_data(spec, size=20)
    (notice,) = data.notices
    assert said in notice
    assert "left out: 1 (" in notice
    assert line.split(",")[0] in notice or "line 3" in notice
    assert data.val.boxes[:2].tolist() == [[-1] * 4, [0, 0, 10, 10]]


def test_an_object_that_the_cut_removes_is_unknown(photos, fill):
    fill(photos / "train/cat", 2, width=60), fill(photos / "val/cat", 2, width=60)
    write(photos, "val/cat/000.png,0,0,9,9", "val/cat/001.png,30,0,39,9")
    data = open_data(f"folder:{photos}", size=20)
    assert data.val.boxes.tolist() == [[-1] * 4, [10, 0, 20, 10]]
    assert "1 images: The object lies outside of the central square." in data.notices


@pytest.mark.parametrize("content", [b"", b"name,left\n", b"caf\xe9,x0\n"])
def test_a_table_that_is_none_says_what_one_looks_like(spec, photos, content):
    (photos / "boxes.csv").write_bytes(content)
    with pytest.raises(WorkbenchError, match=r"boxes\.csv.*path,x0,y0,x1,y1"):
        describe(spec)
