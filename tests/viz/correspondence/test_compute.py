"""Changes of features compared by hand, by brute force, and where the truth is known."""

from itertools import combinations

import numpy as np
import pytest
import torch
from PIL import Image

from training.errors import WorkbenchError
from training.preprocess import Preprocess
from viz.correspondence import (
    Correspondence,
    correspondence,
    default_layers,
    differences,
    hidden_pictures,
)
from viz.network.random_masks import moved, one_mask, overlap, random_masks
from viz.store.cache import from_arrays, to_arrays

DRAWS = 3


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def box(top, left, height, width, side=32):
    mask = torch.zeros(side, side, dtype=torch.bool)
    mask[top : top + height, left : left + width] = True
    return mask


@pytest.fixture
def parts():
    """Two parts in ten pictures of 32 px; the second is marked in three of them."""
    first = torch.stack([box(place, 2 * place, 6, 5) for place in range(10)])
    second = torch.zeros_like(first)
    second[2:5] = box(20, 4, 4, 8)
    return {"eye": first, "nose": second}


def look(network, images, parts, **how):
    return correspondence(network, images, parts, draws=DRAWS, generator=seeded(), **how)


def test_signs_are_compared_one_by_one_and_zero_is_a_third_sign():
    changes = torch.tensor([[0.5, -2.0, 0.0, 3.0], [0.1, 1.0, 0.0, 0.0], [-1.0, -1.0, 0.2, 9.0]])
    # 0 and 1 differ in the second and fourth, 0 and 2 in the first and third, 1 and 2 in all
    assert differences(changes).tolist() == [0.5, 0.5, 1.0]


def test_pictures_that_change_alike_do_not_differ_however_much_they_change():
    change = torch.tensor([1.0, -1.0, 0.0])
    assert differences(torch.stack([change, 7 * change, 0.1 * change])).tolist() == [0, 0, 0]


def test_the_same_picture_five_times_gives_0_for_the_part_and_for_one_mask(tiny, noise, parts):
    same = noise[:1].repeat(5, 1, 1, 1)
    found = look(tiny, same, {"eye": parts["eye"][:1].repeat(5, 1, 1)})
    assert found.difference[:, :, [0, 2]].max() == 0
    assert found.difference[:, :, 1].min() > 0


@torch.no_grad()
def test_the_numbers_are_those_of_every_pair_by_brute_force(tiny, noise, parts):
    layers = ["conv3", "pool5", "relu7"]
    found = look(tiny, noise, parts, layers=layers)
    assert found.images.tolist() == [10, 3]
    for part, masks in enumerate(parts.values()):
        hidden = noise * ~masks[:, None]
        before, after = tiny.activations(noise, layers), tiny.activations(hidden, layers)
        pairs = list(combinations(masks.flatten(1).any(1).nonzero()[:, 0].tolist(), 2))
        for place, layer in enumerate(layers):
            signs = np.sign((before[layer] - after[layer]).flatten(1).numpy())
            truth = [(signs[i] != signs[j]).mean() for i, j in pairs]
            assert found.difference[place, part, 0] == pytest.approx(np.mean(truth), abs=1e-6)
            assert found.deviation[place, part, 0] == pytest.approx(np.std(truth), abs=1e-6)


def test_a_control_is_the_mean_of_its_draws_and_a_seed_decides_them(tiny, noise, parts):
    found, again = (look(tiny, noise, parts) for _ in range(2))
    assert found.draws.shape == (2, 2, 2, DRAWS)
    assert torch.allclose(found.draws.mean(3), found.difference[:, :, 1:])
    assert torch.equal(found.draws, again.draws)


def test_more_features_change_where_more_is_hidden(tiny, noise):
    small = box(12, 12, 3, 3).expand(10, 32, 32)
    large = box(8, 8, 14, 14).expand(10, 32, 32)
    found = look(tiny, noise, {"small": small, "large": large}, layers=["conv1"])
    assert found.changed[0, 0, 0] < found.changed[0, 1, 0]


def test_the_default_layers_are_the_last_maps_and_the_last_hidden_one(make_tiny):
    assert default_layers(make_tiny(image_size=64)) == ["pool5", "fc7"]


def test_a_shape_moves_beside_what_it_shall_avoid():
    mask = box(10, 10, 8, 8)
    mask[10, 10] = False
    for seed in range(20):
        copy = moved(mask, mask, seeded(seed))
        assert copy.sum() == 63
        assert not (copy & mask).any()


def test_a_shape_without_room_covers_as_little_of_it_as_can_be():
    wide = box(0, 0, 32, 20)
    copy = moved(wide, wide, seeded())
    assert copy[:, 12:].all()
    assert overlap(wide, copy) == 8 / 20


def test_each_picture_has_a_place_of_its_own_or_all_have_one(parts):
    eyes = parts["eye"]
    own, same = random_masks(eyes, seeded()), one_mask(eyes, seeded())
    assert len({tuple(mask.flatten().tolist()) for mask in own}) > 1
    assert (same == same[0]).all()
    assert not (same & eyes.any(0)).any()


def test_a_part_of_one_picture_alone_is_refused(tiny, noise, parts):
    parts["eye"][1:] = False
    with pytest.raises(WorkbenchError, match="eye is marked in fewer than two"):
        look(tiny, noise, parts)


def test_masks_of_another_size_are_refused(tiny, noise):
    with pytest.raises(WorkbenchError, match="masks of eye"):
        look(tiny, noise, {"eye": torch.ones(10, 8, 8, dtype=torch.bool)})


def test_nothing_is_lost_in_arrays(tiny, noise, parts):
    found = look(tiny, noise, parts)
    again = from_arrays(Correspondence, to_arrays(found))
    assert (again.parts, again.layers) == (found.parts, found.layers)
    assert torch.equal(again.draws, found.draws)
    assert torch.equal(again.overlap, found.overlap)


def test_the_sheet_shows_the_first_draw_that_is_measured():
    preprocess = Preprocess(32, 32, (0.5, 0.5, 0.5), (1.0, 1.0, 1.0))
    white = [Image.new("RGB", (32, 32), "white")] * 2
    masks = torch.stack([box(0, 0, 4, 4), box(9, 9, 4, 4)])
    rows = hidden_pictures(preprocess, white, {"eye": masks.numpy()}, seed=5)
    assert [name for name, _pictures in rows] == ["", "eye", "random mask"]
    grey = [(pictures[:, 0] - 0.5).abs() < 1e-6 for _name, pictures in rows]
    assert not grey[0].any()
    assert torch.equal(grey[1], masks)
    assert torch.equal(grey[2], random_masks(masks, seeded(5)))
