"""HOG and SIFT as layers give what scikit-image and a plain loop give."""

from math import cos, sin

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from skimage.feature import SIFT, hog

from training.models.shallow.gradients import MEAN, STD, Luma, Orientations, UnitLength
from training.models.shallow.hog import Fourier, Hog
from training.models.shallow.sift import Sift

SIDE = 64


@pytest.fixture(scope="module")
def picture():
    """Grey in [0, 1], smooth enough to have clear orientations, and nowhere flat."""
    rng = np.random.default_rng(0)
    waves = [
        rng.random() * np.sin(a * np.arange(SIDE)[:, None] + b * np.arange(SIDE) + phase)
        for a, b, phase in rng.normal(0, 0.5, (12, 3))
    ]
    picture = np.sum(waves, axis=0)
    return (picture - picture.min()) / np.ptp(picture)


def seen(picture):
    """The network's input of a grey picture."""
    grey = torch.from_numpy(picture).float().expand(1, 3, SIDE, SIDE)
    return (grey - MEAN) / STD


def maps(design, picture, layer):
    with torch.inference_mode():
        return design.build(2).activations(seen(picture), [layer])[layer][0]


def test_grey_is_what_pillow_makes_of_colours():
    from PIL import Image

    colours = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    told = np.asarray(Image.fromarray(colours).convert("L"))
    images = (torch.from_numpy(colours).float() / 255 - MEAN) / STD
    found = Luma()(images.permute(2, 0, 1)[None]) * 255
    assert np.abs(found[0, 0].numpy() - told).max() < 0.51  # Pillow rounds


def test_hog_with_nearest_votes_is_that_of_scikit_image(picture):
    found = maps(Hog(image_size=SIDE, votes="nearest"), picture, "descriptors")
    told = hog(picture, 9, (8, 8), (2, 2), "L2-Hys", feature_vector=False)  # rows, columns, 2, 2, 9
    rows, cols = told.shape[:2]
    assert np.allclose(found.permute(1, 2, 0), told.reshape(rows, cols, 36), atol=1e-4)


def test_linear_votes_are_shared_by_the_angles_of_both_neighbours():
    def votes(angle_deg, layer):
        angle = np.deg2rad(angle_deg)
        slope = torch.tensor([cos(angle), sin(angle)]).reshape(1, 2, 1, 1) * 3
        return layer(slope).flatten().tolist()

    signed = Orientations(8, span_deg=360)
    assert votes(45 + 45 / 4, signed) == pytest.approx([0, 2.25, 0.75, 0, 0, 0, 0, 0], abs=1e-5)
    assert votes(-9, signed) == pytest.approx([2.4, 0, 0, 0, 0, 0, 0, 0.6], abs=1e-5)
    unsigned = Orientations(9, span_deg=180, first_deg=10)
    assert votes(180, unsigned) == pytest.approx([1.5, *[0] * 7, 1.5], abs=1e-5)


def test_a_flat_place_votes_for_nothing_and_hands_back_no_nan():
    slopes = torch.zeros(1, 2, 1, 1, requires_grad=True)
    votes = Orientations(8, span_deg=360)(slopes)
    votes.sum().backward()
    assert votes.abs().sum() == 0
    assert slopes.grad.abs().sum() == 0


def described(grey, top, left, cell):
    """One SIFT descriptor by Lowe's words: a pixel at a time, upright, interpolated three ways."""
    down, across = np.zeros_like(grey), np.zeros_like(grey)
    down[1:-1] = grey[2:] - grey[:-2]
    across[:, 1:-1] = grey[:, 2:] - grey[:, :-2]
    size, angle = np.hypot(down, across), np.arctan2(down, across) / (2 * np.pi) * 8
    found = np.zeros((4, 4, 8))
    for row in range(4):
        for col in range(4):
            # the middle pixel of this cell's triangle
            y, x = top + row * cell + cell - 1, left + col * cell + cell - 1
            for r in range(y - cell + 1, y + cell):
                for c in range(x - cell + 1, x + cell):
                    near = (1 - abs(r - y) / cell) * (1 - abs(c - x) / cell) * size[r, c]
                    low = int(np.floor(angle[r, c]))
                    found[row, col, low % 8] += near * (1 - (angle[r, c] - low))
                    found[row, col, (low + 1) % 8] += near * (angle[r, c] - low)
            found[row, col] *= np.exp(-((row - 1.5) ** 2 + (col - 1.5) ** 2) / (2 * 2**2))
    found = found.ravel() / np.linalg.norm(found)
    found = found.clip(max=0.2)
    return found / np.linalg.norm(found)


@pytest.mark.parametrize(("patch", "step"), [(16, 8), (24, 8), (32, 6)])
def test_dense_sift_is_lowes_descriptor_at_each_place_of_the_grid(picture, patch, step):
    design = Sift(image_size=SIDE, patches_px=(patch,), step_px=step, contrast=1e-6)
    found = maps(design, picture, f"descriptors{patch}")
    for row, col in [(0, 0), (1, 3), (found.shape[1] - 1, found.shape[2] - 1)]:
        told = described(picture, row * step, col * step, patch // 4)
        assert np.allclose(found[:, row, col], told, atol=1e-5)


def test_dense_sift_goes_together_with_that_of_scikit_image(picture):
    network = Sift(image_size=SIDE, patches_px=(24,), step_px=8).build(2)
    smooth = gaussian_filter(
        picture, np.sqrt(1.6**2 - 0.5**2)
    )  # as scikit-image does to begin with
    with torch.inference_mode():
        found = network.activations(seen(smooth), ["descriptors24"])["descriptors24"][0]
    field = network.geometry["descriptors24"]
    middle = field.start + (field.size - 1) / 2
    places = np.array([(1, 0), (2, 1), (2, 3), (4, 3)])
    sift = SIFT(upsampling=1)
    sift.positions, sift.orientations = middle + 8 * places, np.zeros(4)  # upright
    sift.sigmas = np.full(4, 24 / 12)  # a patch is of twelve
    sift.scales, sift.octaves = np.zeros(4, int), np.zeros(4, int)
    sift.extract(picture)
    for each, (row, col) in zip(sift.descriptors, places, strict=True):
        # its angles run from down to across, ours from across to down
        told = np.roll(each.reshape(4, 4, 8)[..., ::-1], 3, axis=2).ravel()
        assert np.corrcoef(found[:, row, col], told)[0, 1] > 0.98


def test_a_flat_patch_has_a_descriptor_near_nothing():
    noise = 0.5 + 1e-3 * np.random.default_rng(0).standard_normal((SIDE, SIDE))
    lengths = maps(Sift(image_size=SIDE), noise, "descriptors16").norm(dim=0)
    assert lengths.max() < 0.5


def test_clipping_keeps_unit_length():
    vectors = torch.zeros(1, 100)
    vectors[0, :99], vectors[0, 99] = 0.1, 50
    found = UnitLength(clip=0.2)(vectors)
    assert found.norm() == pytest.approx(1, abs=1e-3)
    assert found[0, 99] / found[0, 0] == pytest.approx(
        0.2 / (0.1 / vectors.norm().item()), rel=0.01
    )


def test_random_waves_have_the_inner_products_of_a_gaussian_kernel():
    rows = torch.randn(6, 10, generator=torch.Generator().manual_seed(1))
    waves = Fourier(10, 20_000, gamma=0.05, seed=0)(rows)
    told = torch.exp(-0.05 * torch.cdist(rows, rows).square())
    assert torch.allclose(waves @ waves.T / 10_000, told, atol=0.05)
