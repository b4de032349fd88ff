import torch
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from viz.confusion.figure import confusion_figure
from viz.mistakes import Mistakes
from viz.mistakes.figure import TRUE, mistakes_figure

CLASSES = ["ant", "bee", "cat", "dog", "elk", "fox in $"]


def two_mistakes() -> Mistakes:
    return Mistakes(
        index=torch.tensor([7, 3]),
        label=torch.tensor([2, 0]),
        truth=torch.tensor([0.2, 0.001]),
        guess=torch.tensor([[5, 2, 1, 0, 3], [1, 2, 3, 4, 5]]),
        probability=torch.tensor([[0.6, 0.2, 0.1, 0.05, 0.01], [0.9, 0.05, 0.02, 0.01, 0.01]]),
    )


def test_each_image_stands_with_its_class_and_five_guesses_in_order(words_of):
    words = words_of(mistakes_figure(torch.rand(2, 3, 16, 16), two_mistakes(), CLASSES))
    first = words.index("cat")
    assert words[first : first + 6] == ["cat", r"fox in \$", "cat", "bee", "ant", "dog"]
    assert words[first + 6 : first + 12] == ["ant", "bee", "cat", "dog", "elk", r"fox in \$"]


def test_the_bar_of_the_true_class_is_red_and_as_long_as_its_probability():
    figure = mistakes_figure(torch.rand(2, 3, 16, 16), two_mistakes(), CLASSES)
    bars = [one for one in figure.findobj(Rectangle) if to_hex(one.get_facecolor()) == TRUE]
    assert [round(bar.get_width(), 3) for bar in bars] == [0.2]  # the other's is not in the five


def test_no_mistake_at_all_is_a_figure_too(pixels_of):
    none = two_mistakes()[:0]
    assert pixels_of(mistakes_figure(torch.rand(0, 3, 16, 16), none, CLASSES)).size


def test_a_few_classes_are_named_and_counted(words_of):
    confusion = torch.tensor([[90, 10], [1, 1234]])
    words = words_of(confusion_figure(confusion, ["price in $", "bee"]))
    assert {"90", "10", "1", "1,234"} <= set(words)
    assert r"price in \$ → bee" in words
    assert "What is taken for what: 1,324 of 1,335 images are right" in words


def test_the_names_of_a_hundred_classes_are_left_to_the_list(words_of):
    confusion = torch.eye(100, dtype=torch.int64)
    confusion[3, 4] = 5
    words = words_of(confusion_figure(confusion, [f"class-{index}" for index in range(100)]))
    assert "class-3 → class-4" in words
    assert "class-7" not in words
