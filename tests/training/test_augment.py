"""Augmentation: where crops come from, which mean is subtracted, what colour noise adds."""

import numpy as np
import pytest
import torch

from training.augment import Augmentation, augmentation_of
from training.colour import PrincipalColours
from training.config import FitConfig
from training.data.statistics import mean_image
from training.data.store import Split
from training.preprocess import Preprocess

BYTES = Preprocess(size=4, resize=6, mean=(0.0,) * 3, std=(1 / 255,) * 3)  # input = pixel value


@pytest.fixture
def pixels() -> np.ndarray:
    """Eight 6 px images, no two pixels of an image alike."""
    generator = np.random.default_rng(0)
    return np.stack([generator.permutation(108).reshape(6, 6, 3) for _ in range(8)]).astype("uint8")


def applied(augmentation, pixels, preprocess=BYTES, *, seed=0):
    side = pixels.shape[1]
    chances = augmentation.draw(len(pixels), preprocess, side, np.random.default_rng(seed))
    return augmentation.apply(pixels, chances, preprocess), chances


def test_224_px_out_of_256_are_cut_at_33_places_each_way():
    paper = Preprocess(224, 256, (0.5,) * 3, (0.25,) * 3)
    chances = Augmentation(flip=True).draw(20_000, paper, 256, np.random.default_rng(0))
    assert set(chances.tops) == set(chances.lefts) == set(range(33))
    assert chances.mirrored.mean() == pytest.approx(0.5, abs=0.02)


def test_the_mean_image_is_subtracted_where_the_crop_lies(pixels):
    generator = np.random.default_rng(1)
    preprocess = BYTES.with_mean_image(generator.random((6, 6, 3), np.float32))
    images, chances = applied(Augmentation(flip=True), pixels, preprocess)
    whole = (pixels / 255 - preprocess.mean_image) / preprocess.std[0]
    for image, picture, top, left, mirror in zip(
        images, whole, chances.tops, chances.lefts, chances.mirrored, strict=True
    ):
        window = picture[top : top + 4, left : left + 4]
        truth = window[:, ::-1] if mirror else window
        assert image.permute(1, 2, 0).numpy() == pytest.approx(truth, abs=1e-3)
    assert 0 < chances.mirrored.sum() < 8


def test_a_set_of_one_picture_minus_its_mean_image_is_nothing(pixels):
    same = pixels[:1].repeat(8, axis=0)
    split = Split(same, np.zeros(8, np.int64), [""] * 8, None)
    preprocess = BYTES.with_mean_image(mean_image(split))
    images, _ = applied(Augmentation(padding=2, flip=True), same, preprocess)
    # a border shows the ground, which is the mean colour there too
    assert images.abs().max() < 1e-3


def test_with_a_mean_image_resampled_crops_agree_with_plain_ones(pixels):
    preprocess = BYTES.with_mean_image(np.random.default_rng(1).random((6, 6, 3), np.float32))
    plain, _ = applied(Augmentation(flip=True), pixels, preprocess)
    # so weak a distortion moves nothing, but all goes through the warps
    warped, _ = applied(Augmentation(flip=True, distort=1e-7), pixels, preprocess)
    assert torch.allclose(plain, warped, atol=1e-2)


def test_resized_crops_stay_inside_of_the_range_of_the_picture(pixels):
    images, chances = applied(Augmentation(scale=0.2, flip=True), pixels)
    assert chances.warps is not None
    low, high = pixels.min((1, 2)), pixels.max((1, 2))
    assert (images.amin((2, 3)).numpy() >= low - 1e-2).all()
    assert (images.amax((2, 3)).numpy() <= high + 1e-2).all()


def test_colour_noise_shifts_all_pixels_of_an_image_alike(pixels):
    colours = PrincipalColours.of(np.diag([0.03, 0.02, 0.01]))
    preprocess = Preprocess(4, 6, (0.5, 0.4, 0.3), (0.1, 0.2, 0.4))
    plain, _ = applied(Augmentation(), pixels, preprocess)
    noisy, chances = applied(Augmentation(color=0.1, colours=colours), pixels, preprocess)
    added = (noisy - plain) * torch.tensor(preprocess.std)[:, None, None]  # in [0, 1] again
    truth = torch.from_numpy(chances.shifts).float()[:, :, None, None].expand_as(added)
    assert torch.allclose(added, truth, atol=1e-6)
    assert len(chances.shifts) == len(np.unique(chances.shifts[:, 0])) == 8


def test_small_pictures_lie_in_the_middle_on_black_while_they_are_distorted():
    white = np.full((3, 4, 4, 3), 255, np.uint8)
    preprocess = Preprocess(8, 4, (0.1,) * 3, (0.3,) * 3)
    images, _ = applied(Augmentation(distort=0.1), white, preprocess)
    picture = preprocess.picture(images)
    assert max(picture[:, :, 0].max(), picture[:, :, :, -1].max()) < 1e-6
    assert (picture[:, :, 3:5, 3:5] > 0.99).all()


def test_the_settings_decide_and_colours_are_those_of_the_training_images(pixels):
    split = Split(pixels, np.zeros(8, np.int64), [""] * 8, None)
    config = FitConfig(image_size=32, color=0.1, distort=0.5, scale=0.4, flip=False)
    found = augmentation_of(config, split)
    assert (found.padding, found.flip, found.scale, found.distort) == (0, False, 0.4, 0.5)
    assert found.colours.variances.sum() == pytest.approx((pixels / 255).var((0, 1, 2)).sum())
    assert augmentation_of(FitConfig(), split).colours is None
