"""Images with the square that a unit sees."""

import numpy as np
import torch

from viz.drawing.outline import ORANGE, image_pixels, projection_pixels


def is_orange(pixels: np.ndarray) -> np.ndarray:
    return (pixels == ORANGE).all(axis=-1)


def test_an_image_is_enlarged_by_a_whole_factor() -> None:
    picture = torch.rand(3, 8, 8)
    pixels = image_pixels(picture, 30)
    assert pixels.shape == (24, 24, 3)
    assert (pixels[::3, ::3] == pixels[2::3, 2::3]).all()


def test_a_large_image_is_reduced_to_the_side() -> None:
    assert image_pixels(torch.rand(3, 100, 100), 30).shape == (30, 30, 3)


def test_zero_is_mid_grey_in_a_projection() -> None:
    assert (projection_pixels(torch.zeros(3, 4, 4), 16) == 128).all()


def test_the_box_lies_around_its_pixels() -> None:
    pixels = image_pixels(torch.zeros(3, 8, 8), 80, (2, 3, 6, 7))  # ten pixels each
    rows, columns = np.nonzero(is_orange(pixels))
    assert (rows.min(), rows.max()) == (21, 58)
    assert (columns.min(), columns.max()) == (31, 68)


def test_a_box_that_leaves_the_image_is_drawn_along_its_edge() -> None:
    pixels = image_pixels(torch.zeros(3, 8, 8), 80, (-5, -5, 20, 20))
    rows, columns = np.nonzero(is_orange(pixels))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (1, 78, 1, 78)
