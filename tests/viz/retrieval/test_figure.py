import torch

from viz.retrieval import Neighbours
from viz.retrieval.figure import retrieval_figure

CLASSES = ["ant", "bee", "cat", "dog", "elk", "fox"]


def test_neighbours_stand_in_order_with_class_and_distance(words_of):
    found = Neighbours(torch.tensor([4, 2]), torch.tensor([1.5, 2.5]))
    pictures = torch.rand(2, 3, 16, 16)
    words = words_of(
        retrieval_figure(pictures[0], pictures, found, [5, 2], CLASSES, query_name="mine.jpg")
    )
    order = [words.index(word) for word in ("mine.jpg", "fox", "distance 1.5", "cat")]
    assert order == sorted(order)
