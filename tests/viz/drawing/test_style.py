from matplotlib.colors import to_hex
from matplotlib.text import Text

from viz.drawing.colours import class_colour, class_colours
from viz.drawing.style import (
    DARK_INK,
    DARK_PAPER,
    HEAD,
    INK,
    MARGIN,
    class_name,
    darken,
    number,
    pixel_axes,
    pixel_figure,
    show,
)


def test_a_picture_is_drawn_pixel_for_pixel(pixels_of):
    import numpy as np

    picture = np.random.default_rng(0).integers(0, 256, (31, 47, 3), np.uint8)
    figure = pixel_figure(47, 31, "title", "how to read it")
    show(pixel_axes(figure, 0, 0, 47, 31), picture)
    drawn = pixels_of(figure)[HEAD : HEAD + 31, MARGIN : MARGIN + 47]
    assert (drawn == picture).all()


def test_a_dark_figure_keeps_no_dark_ink():
    figure = pixel_figure(60, 40, "title", "how to read it", bar=True)
    pixel_axes(figure, 0, 0, 60, 40).set_title("panel", color=INK)
    darken(figure)
    assert to_hex(figure.get_facecolor()) == DARK_PAPER
    colours = {to_hex(text.get_color()) for text in figure.findobj(Text) if text.get_text()}
    assert DARK_INK in colours
    assert INK not in colours


def test_a_dollar_in_a_class_name_is_no_formula(pixels_of):
    figure = pixel_figure(100, 40, class_name(["$x_$ and $"], 0))
    assert pixels_of(figure).min() < 100  # drawn, where a bad formula would raise


def test_a_class_without_a_name_shows_its_number():
    assert class_name(["cat"], 3) == "class 3"


def test_numbers_have_two_or_three_digits():
    assert [number(value) for value in (0, 0.12345, -3.14159, 12345.6)] == [
        "0",
        "0.123",
        "−3.14",
        "12,346",
    ]


def test_a_thousand_classes_have_colours_of_their_own():
    assert len({class_colour(index) for index in range(1000)}) > 950  # of 16 million, rounded
    assert len({class_colour(index) for index in range(100)}) == 100


def test_a_class_has_the_same_colour_wherever_it_stands():
    assert class_colours([7, 3])[0].tolist() == class_colours([1, 7])[1].tolist()


def test_neighbouring_classes_are_told_apart_easily():
    colours = class_colours(range(60))
    assert abs(colours[1:] - colours[:-1]).sum(axis=1).min() > 0.3
