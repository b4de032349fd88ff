"""Warps: what stands where after an affine map."""

import math

import numpy as np
import pytest
import torch
from torchvision.transforms.v2.functional import InterpolationMode, affine, resized_crop

from training.warps import (
    boxes_at,
    chained,
    distortions,
    mirrored,
    random_boxes,
    resample,
    warp_to,
)


@pytest.fixture
def pictures() -> torch.Tensor:
    """Two smooth 16 px pictures."""
    rows, columns = torch.meshgrid(torch.arange(16.0), torch.arange(16.0), indexing="ij")
    first = torch.stack([rows, columns, (rows - columns).abs()])
    return torch.stack([first, (first / 3).sin()])


def test_a_box_at_a_whole_place_is_a_plain_cut(pictures):
    boxes = boxes_at(np.array([3, 0]), np.array([1, 7]), 9)
    seen = resample(pictures, warp_to(boxes, 16, 9), 9)
    truth = torch.stack([pictures[0, :, 3:12, 1:10], pictures[1, :, 0:9, 7:16]])
    assert torch.allclose(seen, truth, atol=1e-5)
    assert seen.is_contiguous(memory_format=torch.channels_last)


def test_a_box_is_resized_as_torchvision_does(pictures):
    boxes = np.array([[2, 3, 6, 5], [0, 0, 16, 16]], float)
    seen = resample(pictures, warp_to(boxes, 16, 16), 16)
    for image, picture, (top, left, height, width) in zip(seen, pictures, boxes, strict=True):
        truth = resized_crop(
            picture, int(top), int(left), int(height), int(width), [16, 16], antialias=False
        )
        # at the box's edge torchvision sees no further, we do
        assert torch.allclose(image[:, 2:-2, 2:-2], truth[:, 2:-2, 2:-2], atol=1e-4)


def test_a_mirrored_warp_shows_the_mirrored_picture(pictures):
    boxes = boxes_at(np.array([3, 3]), np.array([1, 1]), 9)
    warps = mirrored(warp_to(boxes, 16, 9), np.array([True, False]))
    seen = resample(pictures, warps, 9)
    assert torch.allclose(seen[0].flip(-1), pictures[0, :, 3:12, 1:10], atol=1e-5)
    assert torch.allclose(seen[1], pictures[1, :, 3:12, 1:10], atol=1e-5)


def test_shearing_agrees_with_torchvision(pictures):
    warp = np.array([[[1, 0.3, 0], [0, 1, 0]]])
    truth = affine(
        pictures[:1],
        angle=0,
        translate=[0, 0],
        scale=1,
        shear=[math.degrees(math.atan(0.3)), 0],
        interpolation=InterpolationMode.BILINEAR,
    )
    seen = resample(pictures[:1], warp, 16)
    inner = slice(5, -5)  # beyond the edge theirs is black
    assert torch.allclose(seen[..., inner, inner], truth[..., inner, inner], atol=1e-4)


def test_a_chain_is_one_warp_after_the_other():
    generator = np.random.default_rng(0)
    outer, inner = generator.normal(size=(2, 5, 2, 3))
    point = np.array([0.3, -2.0, 1.0])
    between = np.concatenate([inner @ point, np.ones((5, 1))], axis=1)
    truth = np.einsum("nij,nj->ni", outer, between)
    assert chained(outer, inner) @ point == pytest.approx(truth)


def test_random_boxes_lie_inside_and_have_the_areas_asked_for():
    boxes = random_boxes(20_000, 64, 0.3, np.random.default_rng(0))
    top, left, height, width = boxes.T
    assert min(top.min(), left.min()) >= 0
    assert max((top + height).max(), (left + width).max()) <= 64 + 1e-9
    areas, ratios = height * width / 64**2, width / height
    assert areas.min() >= 0.3
    assert areas.max() <= 1
    assert areas.mean() == pytest.approx(0.65, abs=0.01)
    assert ratios.min() >= 3 / 4 - 1e-9
    assert ratios.max() <= 4 / 3 + 1e-9
    assert np.log(ratios).mean() == pytest.approx(0, abs=0.01)


def test_distortions_go_as_far_as_they_say_and_both_ways():
    warps = distortions(20_000, 1.0, 32, np.random.default_rng(0))
    (xx, xy, x), (yx, yy, y) = warps.transpose(1, 2, 0)
    for moved in (x, y):
        assert -2 <= moved.min() < -1.9
        assert 1.9 < moved.max() <= 2
    assert np.abs(xy).max() == pytest.approx(0.3, abs=0.01)
    assert (yx == 0).all()
    scale, squeeze = 1 / np.sqrt(xx * yy), np.sqrt(yy / xx)
    for factor in (scale, squeeze):
        assert factor.min() == pytest.approx(1 / 1.15, abs=0.01)
        assert factor.max() == pytest.approx(1.15, abs=0.01)


def test_strength_nought_leaves_pictures_alone(pictures):
    warps = distortions(2, 0.0, 16, np.random.default_rng(0))
    assert torch.allclose(resample(pictures, warps, 16), pictures, atol=1e-5)


def test_beyond_its_edge_a_picture_goes_on_as_it_ends():
    picture = torch.full((1, 3, 8, 8), 0.7)
    away = np.array([[[1.0, 0, 5], [0, 1, 0]]])
    assert resample(picture, away, 8).eq(0.7).all()
