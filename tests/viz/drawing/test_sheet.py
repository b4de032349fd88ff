import numpy as np
import pytest
import torch

from viz.drawing.sheet import (
    factor,
    fitted,
    full_contrast,
    good_columns,
    grey_centred,
    sheet,
    shrink,
    small_projections,
    spread,
)

RED, BLUE = (255, 0, 0, 255), (0, 0, 255, 255)


def two_tiles() -> np.ndarray:
    tiles = np.zeros((2, 3, 3, 3))
    tiles[0, ..., 0] = 1  # red
    tiles[1, ..., 2] = 1  # blue
    return tiles


def test_tiles_lie_in_order_with_transparent_gaps():
    pixels, grid = sheet(two_tiles(), columns=2, gap=2)
    assert pixels.shape == (3, 8, 4)
    assert tuple(pixels[1, 2]) == RED
    assert pixels[:, 3:5, 3].max() == 0
    assert tuple(pixels[1, 5]) == BLUE
    assert grid.corner(1) == (0, 5)


def test_every_pixel_grows_by_the_same_whole_factor():
    tile = np.arange(4).reshape(1, 2, 2, 1).repeat(3, axis=3) / 255
    pixels, _ = sheet(tile, enlarge=3)
    expected = [[0, 0, 0, 1, 1, 1]] * 3 + [[2, 2, 2, 3, 3, 3]] * 3
    assert pixels[..., 0].tolist() == expected


def test_a_value_of_one_half_is_mid_grey():
    assert sheet(torch.full((1, 1, 1, 3), 0.5))[0][0, 0].tolist() == [128, 128, 128, 255]


def test_the_centre_of_a_tile_is_where_imshow_has_it():
    _, grid = sheet(two_tiles(), columns=1, gap=1, caption=4)
    assert grid.centre(0) == (1.0, 1.0)  # of pixels 0, 1, 2
    assert grid.centre(1) == (9.0, 1.0)  # three pixels, four of caption, one of gap


def test_a_sheet_of_no_ragged_row_is_chosen_where_there_is_one():
    assert [good_columns(count) for count in (96, 48, 64, 1)] == [12, 8, 8, 1]
    assert good_columns(7) in (3, 4)


def test_no_tile_is_enlarged_beyond_its_place_or_below_one():
    assert [factor(side, 48) for side in (7, 11, 48, 49, 200)] == [6, 4, 1, 1, 1]


def test_a_large_tile_shrinks_to_the_means_of_squares():
    tile = np.zeros((1, 4, 4, 3))
    tile[0, :2, :2] = [[[1], [0]], [[0], [0]]]
    assert shrink(tile, 2)[0, ..., 0].tolist() == [[0.25, 0], [0, 0]]
    assert shrink(tile, 4) is tile


def test_a_projection_is_drawn_about_mid_grey_on_its_own_scale():
    projections = torch.zeros(2, 3, 1, 2)
    projections[0, 0, 0] = torch.tensor([4.0, -2.0])
    drawn = grey_centred(projections)
    assert drawn[0, 0, :, 0].tolist() == pytest.approx([1.0, 0.25], abs=0.01)
    assert drawn[0, 0, :, 1].tolist() == [0.5, 0.5]
    assert (drawn[1] == 0.5).all()  # nothing there is grey, not a division by zero


def test_a_few_glaring_values_do_not_turn_the_rest_of_a_projection_grey():
    projection = torch.ones(3, 20, 20)
    projection[0, 0, 0] = 1000.0
    assert full_contrast(projection) == pytest.approx(1.0)
    assert (grey_centred(projection) == 1.0).all()


def test_zeros_have_no_say_in_the_contrast():
    projection = torch.zeros(3, 50, 50)
    projection[0, :2, :2] = torch.tensor([[3.0, -3.0], [3.0, 3.0]])
    assert full_contrast(projection) == pytest.approx(3.0)


def test_a_reduced_projection_keeps_its_contrast():
    projection = torch.zeros(1, 3, 8, 8)
    projection[0, :, 0, 0] = 1.0  # alone in its square of four: the mean is a quarter of it
    assert small_projections(projection, 4).max() == 1.0
    assert small_projections(projection, 4).shape == (1, 4, 4, 3)


def test_tiles_are_as_large_as_the_room_allows():
    columns, enlarge = fitted(48, 7, 690, 640, gap=6, caption=16)
    assert columns * (7 * enlarge + 6) - 6 <= 690
    assert -(-48 // columns) * (7 * enlarge + 6 + 16) - 6 <= 640
    larger = 7 * (enlarge + 1)
    columns = (690 + 6) // (larger + 6)
    assert -(-48 // columns) * (larger + 6 + 16) - 6 > 640


def test_tiles_that_do_not_fit_are_not_enlarged_and_the_sheet_grows_down():
    assert fitted(100, 50, 110, 200, gap=10) == (2, 1)


def test_gaps_widen_until_the_columns_fill_the_width():
    assert spread(3, 30, 110, gap=2, most=40) == 10
    assert spread(3, 30, 500, gap=2, most=40) == 40
    assert spread(1, 30, 500, gap=2, most=40) == 2
