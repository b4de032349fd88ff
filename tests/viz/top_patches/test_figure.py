import torch

from viz.drawing.style import HEAD, MARGIN
from viz.top_patches.figure import Nine, top_patches_beside_figure, top_patches_figure
from viz.top_patches.gallery import Gallery

GREY = [128, 128, 128]


def test_patches_stand_left_of_their_projections_with_scores_below(pixels_of, words_of):
    patches = torch.zeros(1, 9, 3, 36, 36)
    patches[0, :, 0] = 1.0  # red
    score = torch.arange(9, 0, -1.0)[None]
    figure = top_patches_figure(patches, torch.zeros_like(patches), score, [4], layer="conv2")
    drawn = pixels_of(figure)
    row = HEAD + 16 + 10
    assert drawn[row, MARGIN + 10].tolist() == [255, 0, 0]
    beside = MARGIN + 3 * 72 + 2 * 2 + 8 + 10  # 36 px twice as large, three of them
    assert drawn[row, beside].tolist() == GREY
    words = words_of(figure)
    assert words.index("9") < words.index("8") < words.index("1")
    assert "channel 4" in words


def test_a_row_has_one_channel_of_both_networks_and_a_gap_where_one_lacks_it(words_of):
    def nine(name: str, channels: list[int], side: int) -> Nine:
        tiles = torch.ones(len(channels), 9, 3, side, side)
        return Nine(name, channels, Gallery(tiles, tiles), torch.ones(len(channels), 9))

    sides = [nine("run one", [4, 9, 2], 7), nine("run two", [4, 2], 11)]
    figure = top_patches_beside_figure(sides, layer="conv1")
    assert {"A: run one", "B: run two"} <= set(words_of(figure))
    tops = {}
    for ax in figure.axes:
        tops.setdefault(ax.get_title(loc="left"), []).append(ax.get_position().y1)
    for channel in (2, 4):
        first, second = tops[f"channel {channel}"]
        assert abs(first - second) < 1e-6
    assert len(tops["channel 9"]) == 1
