"""Words, mixtures and principal components of the descriptors of some training images."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.cluster import MiniBatchKMeans
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from torch import Tensor, nn

from training.data.store import Split
from training.models.network import Network
from training.models.shallow.bow import Bow, set_words
from training.models.shallow.fisher import Fisher, Mixture
from training.models.shallow.llc import Llc, LocalCodes
from training.preprocess import Preprocess
from training.progress import Progress, silent

IMAGES = 500  # that are looked at
DESCRIPTORS = 100_000  # drawn from them
BATCH = 16


@dataclass(frozen=True)
class GaussianCodes:
    """How descriptors are reduced, and the mixture that they are then told by."""

    components: Tensor  # (D, 128) of principal component analysis
    mean: Tensor  # (128,)
    shares: Tensor  # (K,)
    means: Tensor  # (K, D)
    variances: Tensor  # (K, D)


def learn_codes(
    network: Network,
    design: Bow | Llc | Fisher,
    split: Split,
    preprocess: Preprocess,
    progress: Progress = silent,
) -> str:
    """Put a codebook, learnt without labels, into a network; what was learnt, in a sentence.

    Args:
        network: Of the design; changed.
        design: Its choices, with the seed.
        split: Training images.
        preprocess: How they become inputs.
        progress: Told of the images looked at.
    """
    drawn = draw(network, split, preprocess, design.seed, progress)
    learnt = f"learnt on {len(drawn):,} descriptors of the training images"
    if isinstance(design, Fisher):
        put_mixture(network, gaussian_codes(drawn, design))
        return (
            f"Principal components ({design.dimensions}) and a mixture of {design.gaussians} "
            f"Gaussians were {learnt}."
        )
    put_words(network, words(drawn, design.words, design.seed))
    return f"A codebook of {design.words:,} words was {learnt}."


@torch.inference_mode()
def draw(
    network: Network, split: Split, preprocess: Preprocess, seed: int, progress: Progress = silent
) -> np.ndarray:
    """Descriptors (M, 128) of random places of random images, as many of each size."""
    names = [name for name in network.layers if name.startswith("descriptors")]
    rng = np.random.default_rng(seed)
    count = min(IMAGES, len(split.labels))
    chosen = np.sort(rng.permutation(len(split.labels))[:count])
    each = -(-DESCRIPTORS // (count * len(names)))
    found = []
    for first in range(0, count, BATCH):
        images = preprocess.from_uint8(split.images[chosen[first : first + BATCH]])
        for maps in network.activations(images, names).values():
            for one in maps.flatten(2).transpose(1, 2).numpy():  # (places, 128)
                found.append(one[rng.permutation(len(one))[:each]])
        progress(min(first + BATCH, count), count)
    return np.concatenate(found)


def words(descriptors: np.ndarray, count: int, seed: int) -> Tensor:
    """Centres of k-means, (W, 128)."""
    means = MiniBatchKMeans(
        count, batch_size=8192, n_init=1, max_iter=20, random_state=seed, compute_labels=False
    )
    return torch.from_numpy(means.fit(descriptors).cluster_centers_).float()


def gaussian_codes(descriptors: np.ndarray, design: Fisher) -> GaussianCodes:
    """Principal components, and in them a mixture with diagonal covariances."""
    analysis = PCA(design.dimensions, random_state=design.seed).fit(descriptors)
    mixture = GaussianMixture(
        design.gaussians,
        covariance_type="diag",
        init_params="k-means++",
        max_iter=50,
        random_state=design.seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fifty steps are plenty for codes
        mixture.fit(analysis.transform(descriptors))
    found = (
        analysis.components_,
        analysis.mean_,
        mixture.weights_,
        mixture.means_,
        mixture.covariances_,
    )
    return GaussianCodes(*(torch.from_numpy(np.asarray(each)).float() for each in found))


@torch.no_grad()
def put_words(network: Network, words: Tensor) -> None:
    """The same words for descriptors of each size."""
    for name, layer in network.layers.items():
        if isinstance(layer, LocalCodes):
            layer.words.copy_(words)
        elif name.startswith("words"):
            assert isinstance(layer, nn.Conv2d)
            set_words(layer, words)


@torch.no_grad()
def put_mixture(network: Network, codes: GaussianCodes) -> None:
    """The same components and mixture for descriptors of each size."""
    for name, layer in network.layers.items():
        if isinstance(layer, Mixture):
            layer.shares.copy_(codes.shares)
            layer.means.copy_(codes.means)
            layer.variances.copy_(codes.variances)
        elif name.startswith("reduced"):
            assert isinstance(layer, nn.Conv2d)
            assert layer.bias is not None
            layer.weight.copy_(codes.components[:, :, None, None])
            layer.bias.copy_(-codes.components @ codes.mean)
