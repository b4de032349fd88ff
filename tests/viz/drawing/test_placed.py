"""Maps in the frame of their image: each cell lies at the centre of its window."""

import numpy as np
import pytest

from viz.drawing.placed import Frame, PlacedMap, frame_side

RED, GREEN = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)


def painted(opacity: float = 1.0, side: int = 16) -> np.ndarray:
    """A black image of 8 px; windows of 4 px in steps of 2 px, so that a map has 3×3 cells."""
    colours = np.full((3, 3, 3), RED)
    colours[0, 2] = GREEN
    return Frame(np.zeros((8, 8, 3)), 4, 2, opacity).paint(colours, side)[..., :3]


def test_a_cell_lies_around_the_centre_of_its_window() -> None:
    pixels = painted()
    # the last window of the first row covers columns 4 to 8: its centre is 6, its cell 5 to 7
    is_green = (pixels == (0, 255, 0)).all(axis=2)
    assert np.argwhere(is_green).min(0).tolist() == [2, 10]
    assert np.argwhere(is_green).max(0).tolist() == [5, 13]


def test_around_the_map_the_image_shows_in_pale_grey() -> None:
    pixels = painted()
    assert set(map(tuple, pixels[0])) == {(83, 83, 83)}
    assert (pixels[2:14, 2:14, 2] == 0).all()


def test_the_image_shows_through_as_far_as_the_map_is_not_opaque() -> None:
    assert painted(opacity=0.5)[7, 7].tolist() == [128, 0, 0]
    assert painted(opacity=0.0)[7, 7].tolist() == [0, 0, 0]


def test_a_window_that_moves_further_than_it_is_wide_leaves_no_gap_and_no_overhang() -> None:
    colours = np.full((2, 2, 3), RED)
    pixels = Frame(np.zeros((8, 8, 3)), 2, 6).paint(colours, 8)
    assert (pixels[..., :3] == (255, 0, 0)).all()


def test_the_chosen_cell_is_outlined_as_its_window() -> None:
    placed = PlacedMap(np.zeros((3, 3, 3)), Frame(np.zeros((8, 8, 3)), 4, 2), [["?"] * 3] * 3, 16)
    [shape] = placed.point((1, 2)).layout.shapes
    assert (shape.y0, shape.x0, shape.y1, shape.x1) == (4 - 1.5, 8 - 1.5, 12 + 0.5, 16 + 0.5)


def test_a_map_of_numbers_has_a_labelled_bar_on_a_page_unless_it_stands_elsewhere() -> None:
    frame = Frame(np.zeros((8, 8, 3)), 4, 2)
    placed = PlacedMap.of_values(
        np.zeros((3, 3)), ("RdBu_r", -2, 2), "change", frame, [["?"] * 3] * 3, 160
    )
    bar = placed.point().data[-1].marker.colorbar
    assert (bar.title.text, list(bar.ticktext)) == ("change", ["−2", "0", "2"])
    assert len(placed.point(bar=False).data) == 2


@pytest.mark.parametrize(
    ("image", "wanted", "side"), [(64, 345, 320), (32, 345, 320), (224, 345, 345)]
)
def test_small_images_grow_by_a_whole_factor_and_others_fill_their_place(
    image: int, wanted: int, side: int
) -> None:
    assert frame_side(image, wanted) == side
