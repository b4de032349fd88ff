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


def test_a_long_name_takes_two_lines_and_no_more() -> None:
    pictures = np.zeros((1, 64, 64, 3), np.uint8)
    name = "a name of a class that nobody could have foreseen, or wanted"
    (annotation,) = neighbour_sheet(pictures, [0], [1.0], [0], [name]).layout.annotations
    assert annotation.text.count("<br>") == 2
    assert "…" in annotation.text
