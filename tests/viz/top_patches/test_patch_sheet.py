"""A page of channels to point at."""

import torch

from viz.drawing.patch_blocks import Blocks, patch_sheet, pitch_of
from viz.top_patches.gallery import LARGEST_PX, Gallery, small_tiles


def gallery_of(channels: int, side: int) -> Gallery:
    return Gallery(torch.rand(channels, 9, 3, side, side), torch.randn(channels, 9, 3, side, side))


def test_the_tiles_of_a_sheet_do_not_overlap() -> None:
    grid = Blocks(count=4 * 18, columns=2, height=10, width=10, gap=1)
    corners = [grid.corner(index) for index in range(grid.count)]
    assert len(set(corners)) == grid.count
    for place, (top, left) in enumerate(corners):
        for other_top, other_left in corners[:place]:
            assert abs(top - other_top) > 10 or abs(left - other_left) > 10
    high, wide = grid.shape
    assert max(top for top, _ in corners) + 10 <= high
    assert max(left for _, left in corners) + 10 <= wide


def test_large_fields_are_reduced_and_small_ones_are_left() -> None:
    assert small_tiles(gallery_of(2, 163)).shape == (2, 2, 9, LARGEST_PX, LARGEST_PX, 4)
    assert small_tiles(gallery_of(2, 7)).shape == (2, 2, 9, 7, 7, 4)


def test_every_tile_reports_its_channel_and_place() -> None:
    hover = [[f"{channel} {place}" for place in range(9)] for channel in (5, 2)]
    figure = patch_sheet(small_tiles(gallery_of(2, 7)), [5, 2], ["five", "two"], hover, chosen=2)
    markers = figure.data[1]
    assert len(markers.customdata) == 36
    assert list(markers.customdata[0]) == [5, 0]
    assert list(markers.customdata[17]) == [5, 8]  # the last projection
    assert markers.hovertext[18] == "2 0"


def test_the_sheet_keeps_to_its_width_whatever_the_field() -> None:
    for side in (3, 7, 11, 27, 51, 83, 163):
        tiles = small_tiles(gallery_of(4, side))
        names = ["a", "b", "c", "d"]
        figure = patch_sheet(tiles, range(4), names, [["x"] * 9] * 4, width_px=680)
        assert 500 < figure.layout.width <= 684


def test_rows_of_two_sheets_stand_level_whatever_their_tiles() -> None:
    sheets = [small_tiles(gallery_of(3, side)) for side in (7, 11)]
    pitch = max(pitch_of(tiles) for tiles in sheets)
    names = ["a", "b", "c"]
    heights = []
    for tiles in sheets:
        figure = patch_sheet(
            tiles, [0, 1, 2], names, [[""] * 9] * 3, width_px=tiles.shape[3], pitch=pitch
        )
        heights.append([note.y for note in figure.layout.annotations])
    assert heights[0] == heights[1]
