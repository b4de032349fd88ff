import torch
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from viz.mistakes import Mistakes, MistakesLook
from viz.mistakes.figure import TRUE, draw
from viz.mistakes.query import MistakesShown

CLASSES = ["ant", "bee", "cat", "dog", "elk", "fox in $"]


def two_mistakes() -> Mistakes:
    return Mistakes(
        index=torch.tensor([7, 3]),
        label=torch.tensor([2, 0]),
        truth=torch.tensor([0.2, 0.001]),
        guess=torch.tensor([[5, 2, 1, 0, 3], [1, 2, 3, 4, 5]]),
        probability=torch.tensor([[0.6, 0.2, 0.1, 0.05, 0.01], [0.9, 0.05, 0.02, 0.01, 0.01]]),
    )


def shown(mistakes: Mistakes) -> MistakesShown:
    names = tuple(f"{index}.png" for index in mistakes.index.tolist())
    pictures = torch.rand(len(mistakes), 3, 16, 16)
    return MistakesShown(MistakesLook(), tuple(CLASSES), mistakes, pictures, names)


def test_each_image_stands_with_its_class_and_five_predictions_in_order(words_of):
    words = words_of(draw(shown(two_mistakes())))
    first = words.index("cat")
    assert words[first : first + 6] == ["cat", r"fox in \$", "cat", "bee", "ant", "dog"]
    assert words[first + 6 : first + 12] == ["ant", "bee", "cat", "dog", "elk", r"fox in \$"]


def test_the_bar_of_the_true_class_is_red_and_as_long_as_its_probability():
    figure = draw(shown(two_mistakes()))
    bars = [one for one in figure.findobj(Rectangle) if to_hex(one.get_facecolor()) == TRUE]
    assert [round(bar.get_width(), 3) for bar in bars] == [0.2]  # the other's is not in the five


def test_no_mistake_at_all_is_a_figure_too(pixels_of):
    none = two_mistakes()[:0]
    assert pixels_of(draw(shown(none))).size
