"""Words, codes and their pools against scikit-learn, scikit-image and scipy."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from skimage.feature import fisher_vector, learn_gmm
from sklearn.cluster import KMeans

from training.models.shallow.bow import Bow, NearestWord, SignedRoot, set_words
from training.models.shallow.fisher import Fisher, FisherVector, Posteriors
from training.models.shallow.llc import Llc, LocalCodes
from training.models.shallow.pyramid import Pyramid
from training.shallow.codebook import GaussianCodes, put_mixture

WORDS, DIMENSIONS = 6, 5


def as_maps(rows, height):
    """(M, D) as (1, D, height, M / height)."""
    return torch.from_numpy(rows).float().T.reshape(1, rows.shape[1], height, -1)


@pytest.fixture
def rows():
    return np.random.default_rng(0).standard_normal((24, DIMENSIONS))


def test_the_nearest_word_is_the_one_that_k_means_predicts(rows):
    means = KMeans(WORDS, n_init=1, random_state=0).fit(rows)
    layer = torch.nn.Conv2d(DIMENSIONS, WORDS, 1)
    set_words(layer, torch.from_numpy(means.cluster_centers_).float())
    codes = NearestWord()(layer(as_maps(rows, 4)))
    told = np.bincount(means.predict(rows), minlength=WORDS)
    histogram = Pyramid(((1, 1),), "sum")(codes)[0]
    assert histogram.tolist() == told.tolist()


def test_a_pyramid_pools_each_region_of_each_level_once():
    maps = torch.arange(16.0).reshape(1, 1, 4, 4)
    sums = Pyramid(((1, 1), (2, 2)), "sum")(maps)
    assert sums.tolist() == [[120, 10, 18, 42, 50]]
    most = Pyramid(((1, 1), (2, 2)), "max")(maps, 20 - maps[:, :, :2, :2])
    assert most.tolist() == [[20, 20, 19, 16, 15]]


def test_the_regions_of_a_level_share_out_a_map_that_they_do_not_divide():
    maps = torch.rand(1, 2, 7, 5)
    sums = Pyramid(((2, 1), (4, 4)), "sum")(maps).reshape(-1, 2)
    assert torch.allclose(sums[:2].sum(0), maps.sum((0, 2, 3)))
    assert torch.allclose(sums[2:].sum(0), maps.sum((0, 2, 3)))


def test_local_codes_minimise_the_distance_to_a_sum_of_the_nearest_words(rows):
    layer = LocalCodes(WORDS, DIMENSIONS, neighbours=3)
    with torch.no_grad():
        codes = layer(as_maps(rows, 4))[0].flatten(1).T.numpy()
    words = layer.words.detach().double().numpy()
    for row, code in zip(rows[:5], codes, strict=False):
        nearest = np.linalg.norm(words - row, axis=1).argsort()[:3]
        away = words[nearest] - row
        ridge = 1e-4 * np.square(away).sum()

        def cost(weights, away=away, ridge=ridge):
            # where the weights add up to 1, the distance is the length of their sum of B − x
            return np.square(weights @ away).sum() + ridge * np.square(weights).sum()

        told = minimize(
            cost,
            np.full(3, 1 / 3),
            constraints={"type": "eq", "fun": lambda weights: weights.sum() - 1},
            options={"ftol": 1e-14},
        )
        assert np.allclose(code[nearest], told.x, atol=1e-3)
        assert np.count_nonzero(code) == 3


def test_a_descriptor_that_is_a_word_is_coded_by_it_alone():
    layer = LocalCodes(WORDS, DIMENSIONS, neighbours=3)
    codes = layer(layer.words[2].reshape(1, -1, 1, 1)).flatten().detach()
    assert codes[2] == pytest.approx(1, abs=1e-3)
    assert codes.sum() == pytest.approx(1, abs=1e-4)


def test_a_fisher_vector_is_that_of_scikit_image(rows):
    mixture = learn_gmm(rows, n_modes=4, gm_args={"covariance_type": "diag", "random_state": 0})
    codes = GaussianCodes(
        torch.eye(DIMENSIONS),
        torch.zeros(DIMENSIONS),
        *(
            torch.from_numpy(each).float()
            for each in (mixture.weights_, mixture.means_, mixture.covariances_)
        ),
    )
    layers = {"codes": Posteriors(4, DIMENSIONS), "fisher": FisherVector(4, DIMENSIONS, ((1, 1),))}
    put_mixture(_Layers(layers), codes)
    maps = as_maps(rows, 4)
    posteriors = layers["codes"](maps)
    found = layers["fisher"](posteriors, maps)[0].detach().numpy()
    told = fisher_vector(rows, mixture)
    of_means, of_deviations = told[4:].reshape(2, -1)  # before them those of the shares
    shares = posteriors[0].flatten(1).T.detach()
    assert np.allclose(shares, mixture.predict_proba(rows), atol=1e-4)
    assert np.allclose(found, [*of_means, *-of_deviations], atol=1e-4)  # ours grows with the spread


class _Layers:
    def __init__(self, layers):
        self.layers = layers


def test_descriptors_of_two_sizes_are_one_set(rows):
    layer = FisherVector(3, DIMENSIONS, ((1, 1),))
    codes = torch.rand(1, 3, 4, 6).softmax(1)
    maps = as_maps(rows, 4)
    halves = [(codes[:, :, part], maps[:, :, part]) for part in (slice(0, 1), slice(1, 4))]
    apart = layer(*halves[0], *halves[1])
    assert torch.allclose(apart, layer(codes, maps), atol=1e-5)


def test_the_signed_root_has_no_infinite_slope_at_zero():
    numbers = torch.tensor([-4.0, 0.0, 9.0], requires_grad=True)
    roots = SignedRoot()(numbers)
    roots.sum().backward()
    assert roots.tolist() == [-2, 0, 3]
    assert numbers.grad.tolist() == [0.25, 0, pytest.approx(1 / 6)]


@pytest.mark.parametrize(
    ("design", "features"),
    [
        (Bow(image_size=64, words=8, patches_px=(16, 24)), 8 * 21),
        (Llc(image_size=64, words=8, patches_px=(16, 24)), 8 * 21),
        (Fisher(image_size=64, gaussians=4, dimensions=8, patches_px=(16, 24)), 4 * 8 * 2 * 5),
    ],
)
def test_each_network_ends_in_scores_of_one_vector_a_picture(design, features):
    network = design.build(3)
    found = network.activations(torch.rand(2, 3, 64, 64) * 2 - 1, ["unit", "scores"])
    assert found["unit"].shape == (2, features)
    assert torch.allclose(found["unit"].norm(dim=1), torch.ones(2), atol=1e-3)
    assert found["scores"].shape == (2, 3)
