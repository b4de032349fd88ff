from itertools import pairwise

import pytest
import torch

from training.models import create
from viz.architecture import describe
from viz.architecture.figure import architecture_figure, architecture_pointing, blocks


def test_blocks_are_as_high_as_their_maps(tiny):
    rows = {block.row.name: block for block in blocks(describe(tiny))}
    conv1, pool1 = rows["conv1"], rows["pool1"]
    ratio = conv1.row.output[1] / pool1.row.output[1]
    assert conv1.height / pool1.height == pytest.approx(ratio)
    assert rows["conv2"].left > rows["pool1"].right


def test_a_click_on_a_block_returns_its_layer(tiny, words_of):
    rows = describe(tiny)
    markers = architecture_pointing(rows).data[0]
    assert list(markers.customdata)[:3] == ["conv1", "pool1", "conv2"]
    assert "fc8" in words_of(architecture_figure(rows))


def test_of_branches_only_what_they_make_together_is_drawn():
    with torch.device("meta"):
        rows = describe(create("resnet50", image_size=64).eval())
    drawn = [block.row.name for block in blocks(rows)]
    assert drawn[:4] == ["conv1", "pool1", "add2_1", "add2_2"]
    assert len(drawn) == 2 + 16 + 2  # and the mean of the maps, and the classes


@pytest.mark.parametrize("width", [730, 1150, 1630])
@pytest.mark.parametrize("name", ["alexnet-small", "vgg16", "googlenet", "resnet50"])
def test_blocks_and_their_whole_names_fill_the_width(name, width):
    with torch.device("meta"):
        rows = describe(create(name, image_size=64).eval())
    figure = architecture_pointing(rows, width=width)
    assert 0.93 * width < figure.layout.width <= width + 2
    left, right = figure.layout.xaxis.range
    low = figure.layout.yaxis.range[0]
    for note in figure.layout.annotations:
        lines = note.text.split("<br>")
        assert lines[0] in {row.name for row in rows}
        long = 6.0 * max(map(len, lines))
        if note.textangle:
            assert note.x - 0.71 * long >= left
            assert note.y - 0.71 * long >= low
        else:
            assert left <= note.x - long / 2
            assert note.x + long / 2 <= right
            assert note.y - 14 * len(lines) >= low


def test_labels_that_stand_side_by_side_do_not_touch(tiny):
    notes = architecture_pointing(describe(tiny), width=730).layout.annotations
    for one, next_one in pairwise(notes):
        half = [6.0 * max(map(len, note.text.split("<br>"))) / 2 for note in (one, next_one)]
        assert one.x + half[0] <= next_one.x - half[1]
