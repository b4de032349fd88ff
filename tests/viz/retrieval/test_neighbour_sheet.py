"""Neighbours to point at."""

import numpy as np

from viz.retrieval.neighbour_sheet import neighbour_sheet


def test_each_image_reports_its_index_and_shows_class_and_distance() -> None:
    pictures = np.zeros((3, 64, 64, 3), np.uint8)
    figure = neighbour_sheet(pictures, [7, 2, 9], [0.5, 1.25, 3.0], [1, 0, 1], ["cat", "<b>dog"])
    assert list(figure.data[1].customdata) == [7, 2, 9]
    below = [annotation.text for annotation in figure.layout.annotations]
    assert below[1] == "cat<br><b>1.25</b>"
    assert "&lt;b&gt;dog" in below[0]


def test_a_long_name_takes_two_lines_and_no_more() -> None:
    pictures = np.zeros((1, 64, 64, 3), np.uint8)
    name = "a name of a class that nobody could have foreseen, or wanted"
    (annotation,) = neighbour_sheet(pictures, [0], [1.0], [0], [name]).layout.annotations
    assert annotation.text.count("<br>") == 2
    assert "…" in annotation.text
