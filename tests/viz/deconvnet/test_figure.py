import torch

from viz.deconvnet.figure import deconvnet_figure
from viz.drawing.style import HEAD, MARGIN

GREY = [128, 128, 128]


def test_an_empty_projection_is_grey_and_the_scale_is_symmetric(pixels_of, words_of):
    projection = torch.zeros(3, 32, 32)
    projection[0, 31, 31] = -0.5
    figure = deconvnet_figure(torch.zeros(3, 32, 32), projection, layer="conv3", channel=1)
    drawn = pixels_of(figure)
    assert drawn[HEAD + 16 + 5, MARGIN + 256 + 18 + 5].tolist() == GREY
    assert {"−0.5", "0", "0.5"} <= set(words_of(figure))


def test_the_receptive_field_is_marked_on_the_image(pixels_of):
    picture, box = torch.zeros(3, 32, 32), (4, 8, 12, 16)
    marked = pixels_of(deconvnet_figure(picture, picture, layer="conv3", channel=1, box=box))
    image = marked[HEAD + 16 : HEAD + 16 + 256, MARGIN : MARGIN + 256]
    ys, xs = image.max(axis=2).nonzero()
    assert (ys.min() // 8, ys.max() // 8) == (4, 11)
    assert (xs.min() // 8, xs.max() // 8) == (8, 15)
