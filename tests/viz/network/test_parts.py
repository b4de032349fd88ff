"""Tables of parts: read, written, refused with the row and the column; halves of masks."""

import numpy as np
import pytest

from training.errors import WorkbenchError
from viz.network.parts import Box, csv_of, object_parts, parts_of, read_boxes

HEADER = "image,part,left,top,right,bottom\n"
EYE = Box("12", "left eye", 20, 18, 27, 24)


def test_what_was_written_is_read_again():
    boxes = [EYE, Box("cat, grey.jpg", "nose", 0, 0, 64, 64)]
    assert read_boxes(csv_of(boxes).encode(), 64) == boxes


def test_columns_may_come_in_any_order_and_from_a_spreadsheet():
    text = "Part,Image,note,Left,Top,Right,Bottom\r\nleft eye,12,,20,18,27,24\r\n,,,,,,\r\n"
    assert read_boxes(b"\xef\xbb\xbf" + text.encode(), 64) == [EYE]


def test_right_and_bottom_are_the_first_pixels_outside():
    parts = parts_of([Box("3", "eye", 1, 2, 4, 3)], 8)
    assert np.argwhere(parts.masks["eye"][0]).tolist() == [[2, 1], [2, 2], [2, 3]]


def test_a_part_that_is_not_marked_in_a_picture_is_empty_there():
    parts = parts_of([Box("3", "eye", 0, 0, 2, 2), Box("5", "nose", 4, 4, 6, 6)], 8)
    assert parts.images == ("3", "5")
    assert parts.masks["eye"].any((1, 2)).tolist() == [True, False]
    assert parts.masks["nose"].any((1, 2)).tolist() == [False, True]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "row 1 has no column image, part"),
        ("image;part;left\n", "row 1 has no column image"),
        (HEADER, "no row under its header"),
        (HEADER + "1,eye,0,0,4,x", "row 2, column bottom: 'x' is no whole number"),
        (HEADER + "1,eye,0,0,4,4\n1,nose,0.5,0,4,4", "row 3, column left: '0.5'"),
        (HEADER + "1,eye,0,0,4", "row 2, column bottom: ''"),
        (HEADER + "1,,0,0,4,4", "row 2, column part: it is empty"),
        (HEADER + "1,eye,0,0,65,4", "row 2, column right: 65 is outside .* 64x64 px"),
        (HEADER + "1,eye,-1,0,4,4", "row 2, column left: -1 is outside"),
        (HEADER + "1,eye,4,0,4,4", "row 2, column right: 4 has to be more than left"),
        (HEADER + "1,eye,0,0,4,4\n\n1,eye,1,1,4,4", "row 4: image 1 has its eye in row 2 already"),
        (HEADER + f"1,{'e' * 50},0,0,4,4", "row 2, column part: .* at most 40"),
        (HEADER + "1,eye,0,0,4,4\n" + 'a"' * 70000 + "," * 140000, "eyes.csv, row 3"),
    ],
)
def test_a_fault_is_named_with_its_row_and_column(text, reason):
    with pytest.raises(WorkbenchError, match=f"^eyes.csv.*{reason}|^{reason}"):
        read_boxes(text.encode(), 64, name="eyes.csv")


def test_only_validation_images_may_be_named_where_there_is_nothing_else():
    table = HEADER + "007,eye,0,0,4,4\n{},eye,0,0,4,4"
    assert [box.image for box in read_boxes(table.format(9).encode(), 64, among=10)] == ["7", "9"]
    for image in (10, "cat.png", "-1"):
        with pytest.raises(WorkbenchError, match=r"row 3, column image: .*only 0 to 9"):
            read_boxes(table.format(image).encode(), 64, among=10)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"\x89PNG\r\n\x1a\n\xff"])
def test_what_is_no_text_is_refused(content):
    with pytest.raises(WorkbenchError, match="no text in UTF-8"):
        read_boxes(content, 64)


def test_halves_cut_the_rectangle_around_the_object_in_two():
    mask = np.zeros((1, 8, 8), bool)
    mask[0, 2:6, 1:4] = True  # 4 rows, 3 columns
    parts = object_parts(mask)
    assert np.argwhere(parts["upper half"][0])[:, 0].tolist() == [2] * 3 + [3] * 3
    assert set(np.argwhere(parts["left half"][0])[:, 1].tolist()) == {1}
    for one, other in (("upper half", "lower half"), ("left half", "right half")):
        assert not (parts[one] & parts[other]).any()
        assert np.array_equal(parts[one] | parts[other], mask)


def test_an_object_that_is_not_there_has_no_halves():
    assert not any(part.any() for part in object_parts(np.zeros((1, 8, 8), bool)).values())
