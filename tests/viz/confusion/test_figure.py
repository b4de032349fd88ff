from types import SimpleNamespace

import torch

from viz.confusion import ConfusionLook
from viz.confusion.figure import confusion_pointing, draw
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


def test_each_cell_with_images_can_be_pointed_at_under_full_names():
    confusion = torch.tensor([[8, 2, 0], [0, 5, 1], [0, 0, 3]])
    figure = confusion_pointing(shown(confusion, ["ant, an insect", "bee", "cat"]), 700)
    [markers] = [trace for trace in figure.data if trace.customdata is not None]
    cells = {
        tuple(each): text for each, text in zip(markers.customdata, markers.hovertext, strict=True)
    }
    assert set(cells) == {(0, 0), (0, 1), (1, 1), (1, 2), (2, 2)}
    assert "ant, an insect" in cells[0, 1]
    assert "2 of 10 images" in cells[0, 1]
    assert {"ant", "bee", "cat"} <= {each.text for each in figure.layout.annotations}


def test_a_hundred_classes_fit_into_the_width_and_are_named_under_the_pointer():
    confusion = torch.eye(100, dtype=torch.int64)
    confusion[3, 4] = 5
    names = [f"class of the number {index}" for index in range(100)]
    figure = confusion_pointing(shown(confusion, names), 690)
    assert figure.layout.width <= 690
    [markers] = [trace for trace in figure.data if trace.customdata is not None]
    assert any("number 3<br>" in text and "number 4 " in text for text in markers.hovertext)
