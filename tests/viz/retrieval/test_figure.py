import numpy as np
import torch

from viz import Look
from viz.retrieval import Neighbours
from viz.retrieval.figure import draw, neighbour_sheet
from viz.retrieval.query import RetrievalShown

CLASSES = ("ant", "bee", "cat", "dog", "elk", "fox")


def test_neighbours_stand_in_order_with_class_and_distance(words_of):
    found = Neighbours(torch.tensor([4, 2]), torch.tensor([1.5, 2.5]))
    pictures = torch.rand(2, 3, 16, 16)
    shown = RetrievalShown(
        Look(), "fc7", "mine.jpg", pictures[0], found, pictures, [5, 2], ["a", "b"], CLASSES
    )
    words = words_of(draw(shown))
    order = [words.index(word) for word in ("mine.jpg", "fox", "distance 1.5", "cat")]
    assert order == sorted(order)


def test_each_image_reports_its_index_and_shows_class_and_distance() -> None:
    pictures = np.zeros((3, 64, 64, 3), np.uint8)
    figure = neighbour_sheet(pictures, [7, 2, 9], [0.5, 1.25, 3.0], [1, 0, 1], ["cat", "<b>dog"])
    assert list(figure.data[1].customdata) == [7, 2, 9]
    below = [annotation.text for annotation in figure.layout.annotations]
    assert below[1] == "cat<br><b>1.25</b>"
    assert "&lt;b&gt;dog" in below[0]


def test_right_and_wrong_neighbours_are_told_by_mark_and_by_frame() -> None:
    pictures = np.zeros((2, 64, 64, 3), np.uint8)
    figure = neighbour_sheet(pictures, [7, 2], [0.5, 1.25], [1, 0], ["cat", "dog"], label=1)
    below = [annotation.text for annotation in figure.layout.annotations]
    assert [text.split("<br>")[0] for text in below] == ["✓ dog", "✗ cat"]
    dashes = [shape.line.dash for shape in figure.layout.shapes if shape.line.dash]
    assert dashes == ["solid", "dash"]


def test_a_long_name_is_broken_into_lines_and_nothing_of_it_is_lost() -> None:
    pictures = np.zeros((1, 64, 64, 3), np.uint8)
    name = "a name of a class that nobody could have foreseen or wanted"
    (annotation,) = neighbour_sheet(pictures, [0], [1.0], [0], [name]).layout.annotations
    assert annotation.text.replace("<br>", " ") == f"{name} <b>1</b>"
