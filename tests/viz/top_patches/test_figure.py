import torch

from viz.drawing.pairs import Pair, PairRow, draw_pair
from viz.drawing.style import HEAD, MARGIN
from viz.top_patches import TopPatches, TopPatchesLook
from viz.top_patches.figure import PatchPanel, top_patches_figure
from viz.top_patches.gallery import Gallery, small_tiles
from viz.top_patches.query import TopPatchesShown

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


def shown_of(channels: tuple[int, ...], side: int, count: int = 10) -> TopPatchesShown:
    """So many channels of conv1 were mined; these are looked at."""
    tiles = torch.ones(len(channels), 9, 3, side, side)
    images = torch.zeros(count, 9, dtype=torch.int64)
    return TopPatchesShown(
        look=TopPatchesLook(channels),
        epoch=1,
        layer="conv1",
        top=TopPatches(torch.ones(count, 9), images, images, images),
        label=images.numpy(),
        classes=("cat",),
        pictures=lambda: Gallery(tiles, tiles),
        tiles=lambda: small_tiles(Gallery(tiles, tiles)),
    )


def paired() -> Pair:
    """Channels 4, 9 and 2 of 7 px, and of a network without channel 9 those that see 11 px."""
    both = shown_of((4, 9, 2), 7), shown_of((4, 2), 11, 9)
    first, second = (PatchPanel(shown, (4, 9, 2), both) for shown in both)
    return Pair("What excites conv1", "", [PairRow(first, second, name="channel")], {})


def test_a_row_has_one_channel_of_both_networks_and_a_gap_where_one_lacks_it(words_of):
    figure = draw_pair(paired(), ["run one", "run two"])
    assert {"A: run one", "B: run two"} <= set(words_of(figure))
    tops = {}
    for ax in figure.axes:
        tops.setdefault(ax.get_title(loc="left"), []).append(ax.get_position().y1)
    for channel in (2, 4):
        first, second = tops[f"channel {channel}"]
        assert abs(first - second) < 1e-6
    assert len(tops["channel 9"]) == 1


def test_rows_to_point_at_stand_level_and_name_their_channel_and_class():
    first, second = (panel.point(2) for panel in paired().rows[0].panels)
    heights = [[note.y for note in figure.layout.annotations] for figure in (first, second)]
    assert heights[0] == heights[1]
    words = [note.text for note in second.layout.annotations]
    assert words[:2] == ["channel 4 · 1", "no channel 9"]
    assert list(second.data[1].customdata[2 * 18]) == [2, 0]
    hover = second.data[1].hovertext
    assert (hover[18], hover[36]) == ("conv1 has channels 0 to 8", "channel 2 · score 1 · cat")
