import torch

from viz import Look
from viz.deconvnet import Control, Projected
from viz.deconvnet.figure import draw
from viz.deconvnet.query import DeconvnetShown
from viz.drawing.style import HEAD, MARGIN

GREY = [128, 128, 128]
EMPTY = torch.zeros(3, 32, 32)


def shown(projection=EMPTY, box=(0, 0, 32, 32), control=None):
    seen = Projected(projection, control)
    return DeconvnetShown(Look(), EMPTY, seen, "conv3", 1, (0, 0), 0.5, box)


def test_an_empty_projection_is_grey_and_the_scale_is_symmetric(pixels_of, words_of):
    projection = torch.zeros(3, 32, 32)
    projection[0, 31, 31] = -0.5
    figure = draw(shown(projection))
    drawn = pixels_of(figure)
    assert drawn[HEAD + 16 + 5, MARGIN + 256 + 18 + 5].tolist() == GREY
    assert {"−0.5", "0", "0.5"} <= set(words_of(figure))


def test_the_receptive_field_is_marked_on_the_image(pixels_of):
    marked = pixels_of(draw(shown(box=(4, 8, 12, 16))))
    image = marked[HEAD + 16 : HEAD + 16 + 256, MARGIN : MARGIN + 256]
    ys, xs = image.max(axis=2).nonzero()
    assert (ys.min() // 8, ys.max() // 8) == (4, 11)
    assert (xs.min() // 8, xs.max() // 8) == (8, 15)


def test_a_control_stands_at_the_right_with_how_alike_the_two_are(pixels_of, words_of):
    alone = draw(shown())
    figure = draw(shown(control=Control(6, EMPTY, -0.25)))
    assert pixels_of(figure).shape[1] > pixels_of(alone).shape[1]
    words = " ".join(words_of(figure))
    assert "control: channel 6, same place" in words
    assert "rank correlation with the control: −0.25" in words
    assert "control: none" in " ".join(words_of(draw(shown(control=Control(6, EMPTY, torch.nan)))))
