import torch

from viz.figures.style import HEAD, MARGIN
from viz.figures.top_patches import top_patches_figure

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
