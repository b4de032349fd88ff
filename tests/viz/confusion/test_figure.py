from types import SimpleNamespace

import torch

from viz.confusion import ConfusionLook
from viz.confusion.figure import draw
from viz.confusion.query import ConfusionShown


def shown(confusion: torch.Tensor, classes: list[str]) -> ConfusionShown:
    return ConfusionShown(ConfusionLook(), tuple(classes), SimpleNamespace(confusion=confusion))


def test_a_few_classes_are_named_and_counted(words_of):
    confusion = torch.tensor([[90, 10], [1, 1234]])
    words = words_of(draw(shown(confusion, ["price in $", "bee"])))
    assert {"90", "10", "1", "1,234"} <= set(words)
    assert r"price in \$ → bee" in words
    assert "Confusion matrix: 1,324 of 1,335 images are classified correctly" in words


def test_the_names_of_a_hundred_classes_are_left_to_the_list(words_of):
    confusion = torch.eye(100, dtype=torch.int64)
    confusion[3, 4] = 5
    words = words_of(draw(shown(confusion, [f"class-{index}" for index in range(100)])))
    assert "class-3 → class-4" in words
    assert "class-7" not in words
