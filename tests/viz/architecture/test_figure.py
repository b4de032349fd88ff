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
