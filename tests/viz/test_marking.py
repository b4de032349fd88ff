"""Boxes dragged on an enlarged picture, in pixels of the picture."""

import numpy as np
import pytest

from viz.drawing.marking import box_drawn, drawing_board, marking_sheet, part_colours
from viz.network.parts import Box

EYE = Box("3", "eye", 4, 6, 12, 13)


@pytest.mark.parametrize(
    ("x", "y", "box"),
    [
        ((-0.5, 447.5), (-0.5, 447.5), (0, 0, 64, 64)),  # 64 px, enlarged by 7
        ((27.5, 83.5), (41.5, 90.5), (4, 6, 12, 13)),
        ((83.5, 27.5), (90.5, 41.5), (4, 6, 12, 13)),  # dragged the other way
        ((-90, 700), (30, 31), (0, 4, 64, 5)),  # beyond the picture, and flat
        ((447.5, 460), (447.5, 460), (63, 63, 64, 64)),
    ],
)
def test_a_box_goes_to_the_nearest_edges_of_pixels(x, y, box):
    assert box_drawn(x, y, 64) == box


def test_a_box_is_drawn_where_it_was_dragged():
    figure = drawing_board(np.zeros((64, 64, 3), np.uint8), {"eye": EYE}, part_colours(["eye"]))
    shape = figure.layout.shapes[-1]
    again = box_drawn((shape.x0, shape.x1), (shape.y0, shape.y1), 64)
    assert again == (EYE.left, EYE.top, EYE.right, EYE.bottom)
    assert figure.layout.dragmode == "select"


def test_the_sheet_outlines_what_is_chosen_and_what_is_marked():
    pictures = np.zeros((3, 32, 32, 3), np.uint8)
    colours = part_colours(["eye"])
    figure = marking_sheet(
        pictures, ["a", "b", "c"], columns=2, chosen=[1, 2], boxes=[{}, {"eye": EYE}, {}],
        colours=colours,
    )  # fmt: skip
    assert len(figure.layout.shapes) == 2 + 2  # a box has a dark line under its own
    assert figure.layout.shapes[-1].line.color == colours["eye"]
    assert list(figure.data[1].customdata) == [0, 1, 2]
