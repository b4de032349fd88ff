import pytest
import torch

from training.errors import WorkbenchError
from viz.evolution import Motion, column, from_columns, mean_response
from viz.evolution.compute import small
from viz.top_patches import mine
from viz.top_patches.gallery import Gallery, gallery


def picture(images):
    return (images * 0.1 + 0.5).clamp(0, 1)


def test_a_column_shows_what_mining_that_epoch_finds(make_tiny, noise):
    network = make_tiny(seed=3)
    top = mine(network, noise, ["relu3"], k=9)["relu3"]
    found = column(network, noise, "relu3", [5, 0], top, picture=picture)
    wanted = torch.tensor([5, 0])
    for field in ("score", "image", "row", "col"):
        assert torch.equal(getattr(found, field), getattr(top, field)[wanted, 0]), field
    shown = gallery(network, noise, "relu3", top.best(1), wanted, picture=picture)
    assert torch.equal(found.tile, small(shown))
    assert found.response.tolist() == pytest.approx(top.score.mean(1).tolist())


def test_the_response_is_a_mean_over_the_images_there_are():
    score = torch.tensor([[4.0, 2.0, 0.0], [3.0, 1.0, -torch.inf]])
    assert mean_response(score).tolist() == [2, 2]


def test_tiles_are_bytes_and_large_ones_are_reduced():
    patch = torch.ones(1, 1, 3, 120, 120)
    tiles = small(Gallery(patch, torch.zeros_like(patch)))
    assert tiles.shape == (1, 2, 72, 72, 3)
    assert (int(tiles[0, 0].min()), int(tiles[0, 1].max())) == (255, 128)
    assert small(Gallery(patch[..., :96, :96], patch[..., :96, :96])).shape == (1, 2, 96, 96, 3)


def test_epochs_are_put_side_by_side(make_tiny, noise):
    columns = []
    for seed in (0, 3):
        network = make_tiny(seed=seed)
        top = mine(network, noise, ["relu3"], k=9)["relu3"]
        columns.append(column(network, noise, "relu3", [5, 0], top, picture=picture))
    moved = Motion(torch.ones(2, 6), torch.zeros(6))
    found = from_columns("relu3", [0, 3], [5, 0], columns, moved)
    assert (found.epoch.tolist(), found.channel.tolist()) == ([0, 3], [5, 0])
    assert torch.equal(found.tile[1], columns[1].tile)
    assert torch.equal(found.response[0], columns[0].response)


def test_nothing_to_show_is_said_in_plain_words(tiny, noise):
    with pytest.raises(WorkbenchError, match="no epoch"):
        from_columns("relu1", [], [0], [], Motion(torch.ones(0, 6), torch.zeros(6)))
    top = mine(tiny, noise, ["relu1"], k=9)["relu1"]
    with pytest.raises(WorkbenchError, match="channels 0 to 5"):
        column(tiny, noise, "relu1", [9], top, picture=picture)
