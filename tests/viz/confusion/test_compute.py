"""Classes that are confused stand side by side."""

import torch

from viz.confusion.compute import clustered


def test_confused_classes_become_neighbours():
    confusion = 20 * torch.eye(6, dtype=torch.int64)
    for one, other in ((0, 4), (1, 5), (2, 3)):
        confusion[one, other] = confusion[other, one] = 9
    order = clustered(confusion)
    assert sorted(order) == list(range(6))
    pairs = {frozenset(order[place : place + 2]) for place in (0, 2, 4)}
    assert pairs == {frozenset((0, 4)), frozenset((1, 5)), frozenset((2, 3))}


def test_few_classes_and_classes_without_images_are_ordered_too():
    assert clustered(torch.tensor([[1, 2], [3, 4]])) == [0, 1]
    assert sorted(clustered(torch.zeros(5, 5, dtype=torch.int64))) == list(range(5))
