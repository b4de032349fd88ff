"""Colour noise is spread as the paper's formula says."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from training.colour import PrincipalColours
from training.data.statistics import colour_covariance, mean_image
from training.data.store import Split


def split_of(images: np.ndarray) -> Split:
    return Split(images, np.zeros(len(images), np.int64), [""] * len(images), None)


@pytest.fixture
def photographs() -> Split:
    """Twenty 6 px images: brightness varies most, red against blue less, green alone hardly."""
    generator = np.random.default_rng(0)
    light, warmth, rest = generator.normal(0, (40, 20, 5), (20, 6, 6, 3)).transpose(3, 0, 1, 2)
    colours = 128 + np.stack([light + warmth, light + rest, light - warmth], axis=-1)
    return split_of(colours.clip(0, 255).astype(np.uint8))


def test_the_covariance_is_that_of_all_pixels(photographs):
    pixels = photographs.images.reshape(-1, 3) / 255
    assert colour_covariance(photographs) == pytest.approx(np.cov(pixels.T, bias=True), rel=1e-9)


def test_a_sample_depends_on_nothing_but_its_seed(photographs):
    first, same, other = (colour_covariance(photographs, sample=5, seed=s) for s in (1, 1, 2))
    assert np.array_equal(first, same)
    assert not np.array_equal(first, other)
    assert first == pytest.approx(colour_covariance(photographs), rel=0.5, abs=0.003)


def test_principal_colours_agree_with_scikit_learn(photographs):
    ours = PrincipalColours.of(colour_covariance(photographs))
    theirs = PCA().fit(photographs.images.reshape(-1, 3) / 255)
    pixels = photographs.images.size / 3
    assert ours.variances * pixels / (pixels - 1) == pytest.approx(theirs.explained_variance_)
    alike = np.abs((ours.directions * theirs.components_.T).sum(0))
    assert alike == pytest.approx(np.ones(3))


def test_shifts_have_the_covariance_of_the_paper():
    covariance = np.array([[0.06, 0.04, 0.03], [0.04, 0.05, 0.04], [0.03, 0.04, 0.07]])
    colours = PrincipalColours.of(covariance)
    p, variances = colours.directions, colours.variances
    assert p @ np.diag(variances) @ p.T == pytest.approx(covariance)

    amounts = np.random.default_rng(0).normal(0, 0.1, (200_000, 3))
    found = np.cov(colours.shifts(amounts).T, bias=True)
    expected = 0.1**2 * p @ np.diag(variances**2) @ p.T
    assert found == pytest.approx(expected, abs=0.02 * expected.max())


def test_grey_images_are_only_made_lighter_or_darker():
    grey = np.random.default_rng(0).integers(0, 256, (9, 4, 4, 1), np.uint8).repeat(3, axis=-1)
    colours = PrincipalColours.of(colour_covariance(split_of(grey)))
    shifts = colours.shifts(np.random.default_rng(0).normal(0, 0.1, (50, 3)))
    assert shifts == pytest.approx(shifts[:, :1].repeat(3, axis=1))
    assert (shifts.std(0) > 1e-3).all()


def test_the_mean_image_is_the_mean_of_the_images(photographs):
    progress = []
    mean = mean_image(photographs, lambda *counts: progress.append(counts))
    assert mean == pytest.approx(photographs.images.mean(0) / 255, abs=1e-6)
    assert (mean.dtype, progress) == (np.float32, [(20, 20)])
