import pytest

from viz.architecture import describe
from viz.figures.architecture import architecture_figure, architecture_pointing, blocks


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
