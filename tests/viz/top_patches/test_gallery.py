import pytest
import torch

from training.errors import WorkbenchError
from viz.deconvnet import project
from viz.network.patches import boxes, cut
from viz.top_patches import TopPatches, mine
from viz.top_patches.gallery import LARGEST_PX, Gallery, gallery, small_tiles


def picture(images):
    return (images * 0.1 + 0.5).clamp(0, 1)


@pytest.mark.parametrize("layer", ["relu1", "relu3", "fc6"])
def test_patch_and_projection_belong_to_the_mined_unit(tiny, noise, layer):
    top = mine(tiny, noise, [layer], k=3)[layer]
    shown = gallery(tiny, noise, layer, top, torch.tensor([4, 1]), picture=picture)
    for place, channel in enumerate((4, 1)):
        for rank in range(3):
            image = noise[top.image[channel, rank]][None]
            unit = top.row[channel, rank : rank + 1], top.col[channel, rank : rank + 1]
            square = boxes(tiny, layer, *unit)
            # the strongest unit of that image is the one that was mined
            projection = project(tiny, image, layer, torch.tensor([channel]))
            fired = top.score[channel, rank] > 0
            expected = cut(projection, square, fill=0.0)[0] * fired
            assert torch.equal(shown.patch[place, rank], cut(picture(image), square)[0])
            assert torch.allclose(shown.projection[place, rank], expected, atol=1e-6)


def test_patches_are_as_large_as_the_receptive_field_even_beyond_the_image(tiny, noise):
    top = mine(tiny, noise, ["relu3"], k=2)["relu3"]
    shown = gallery(tiny, noise, "relu3", top, torch.arange(6), picture=picture)
    side = tiny.geometry["relu3"].size
    assert side > 32
    assert shown.patch.shape == shown.projection.shape == (6, 2, 3, side, side)


def test_of_a_receptive_field_much_larger_than_the_image_the_image_is_shown(tiny, noise):
    top = mine(tiny, noise, ["relu5"], k=1)["relu5"]
    shown = gallery(tiny, noise, "relu5", top, torch.tensor([2]), picture=picture)
    assert tiny.geometry["relu5"].size > 2 * 32
    assert torch.equal(shown.patch[0, 0], picture(noise[top.image[2, :1]])[0])


def test_places_without_an_image_are_grey(tiny, noise):
    top = mine(tiny, noise[:2], ["relu1"], k=3)["relu1"]
    shown = gallery(tiny, noise[:2], "relu1", top, torch.arange(6), picture=picture)
    assert (shown.patch[:, 2] == 0.5).all()
    assert (shown.projection[:, 2] == 0).all()


def test_a_unit_that_did_not_fire_projects_to_nothing(tiny, noise):
    zero = torch.zeros(6, 1, dtype=torch.int64)
    top = TopPatches(torch.zeros(6, 1), zero, zero + 3, zero + 3)
    shown = gallery(tiny, noise, "relu1", top, torch.tensor([2]), picture=picture)
    assert (shown.projection == 0).all()
    assert shown.patch.std() > 0


def test_a_channel_that_does_not_exist_is_refused(tiny, noise):
    top = mine(tiny, noise, ["relu1"], k=1)["relu1"]
    with pytest.raises(WorkbenchError, match=r"channels 0 to 5; got \[6\]"):
        gallery(tiny, noise, "relu1", top, torch.tensor([6]), picture=picture)


def test_a_tile_shows_of_a_patch_only_what_lies_in_its_image() -> None:
    patch, projection = torch.full((1, 1, 3, 6, 6), 0.5), torch.zeros(1, 1, 3, 6, 6)
    patch[..., 2:, 1:] = 1.0  # the image begins in the third row and the second column
    inside = torch.tensor([[[2, 1, 6, 6]]])
    tiles = small_tiles(Gallery(patch, projection, inside))
    opaque = tiles[0, 0, 0, ..., 3] > 0
    assert opaque.sum() == 4 * 5
    assert (tiles[0, 0, 0][opaque] == 255).all()
    assert (tiles[0, 1, 0, ..., 3] > 0).tolist() == opaque.tolist()


def test_what_lies_in_the_image_of_a_large_patch_fills_its_tile() -> None:
    patch = torch.rand(1, 1, 3, 200, 200)
    tiles = small_tiles(Gallery(patch, patch, torch.tensor([[[100, 0, 200, 100]]])))
    assert tiles.shape[3] == LARGEST_PX
    assert (tiles[..., 3] == 255).all()


def test_a_mined_patch_knows_what_of_it_lies_in_the_image(tiny, noise):
    zero = torch.zeros(6, 1, dtype=torch.int64)
    top = TopPatches(torch.ones(6, 1), zero, zero, zero + 3)  # in the first row
    shown = gallery(tiny, noise, "relu1", top, torch.tensor([2]), picture=picture)
    top_px, left, bottom, right = boxes(tiny, "relu1", zero[:1, 0], zero[:1, 0] + 3)[0].tolist()
    assert top_px < 0 <= left
    assert shown.inside[0, 0].tolist() == [-top_px, 0, bottom - top_px, right - left]
