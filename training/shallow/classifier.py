"""A linear classifier by regularised least squares, chosen by predictions that leave one out.

One eigendecomposition of the images' inner products serves every strength of regularisation, and
each image's score by the classifier that is fitted without it follows in closed form (Rifkin &
Lippert, "Notes on Regularized Least Squares", 2007, sections 3 and 4).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp

STRENGTHS = 10.0 ** np.arange(-4, 2, 0.5)  # in units of the mean eigenvalue


@dataclass(frozen=True)
class Fitted:
    """Scores of new images are K(new, old) @ weights + bias, K being inner products."""

    weights: np.ndarray  # (n, K), of each training image
    bias: np.ndarray  # (K,)
    strength: float  # of regularisation, in units of the mean eigenvalue
    left_out_top1: float  # accuracy of predictions that leave the image out, mean over classes


def fit_linear(products: np.ndarray, labels: np.ndarray, num_classes: int) -> Fitted:
    """One classifier against all others for each class, with targets of −1 and 1.

    The scores are scaled as the logarithm of probabilities asks for: so that the softmax of those
    which leave the image out fits best.

    Args:
        products: (n, n) inner products of the training images' features.
        labels: (n,) int64.
        num_classes: K.
    """
    own = products.astype(np.float64)
    mean = own.mean(0)
    centred = own - mean - mean[:, None] + mean.mean()  # as if the mean feature were subtracted
    targets = np.where(labels[:, None] == np.arange(num_classes), 1.0, -1.0)
    offset = targets.mean(0)
    values, vectors = eigh(centred, overwrite_a=True, check_finite=False)
    values, squares = values.clip(min=0), vectors**2
    turned = vectors.T @ (targets - offset)
    best: tuple[float, float, np.ndarray, np.ndarray] | None = None
    for strength in STRENGTHS:
        ridge = strength * values.mean() + 1e-12
        inverse = 1 / (values + ridge)
        duals = vectors @ (inverse[:, None] * turned)
        # the offset is fitted along with the weights, and leaves out the image as they do
        own_weight = squares @ inverse - 1 / (len(labels) * ridge)
        left_out = targets - duals / own_weight[:, None]
        right = balanced(left_out.argmax(1), labels)
        if best is None or right > best[0]:
            best = right, float(strength), duals, left_out
    assert best is not None
    right, strength, duals, left_out = best
    scale = _scale(left_out, labels)
    # the mean feature, taken from each new image and each old one
    weights = duals - duals.mean(0)
    bias = offset - mean @ duals + mean.mean() * duals.sum(0)
    return Fitted(weights * scale, bias * scale, strength, right)


def balanced(predicted: np.ndarray, labels: np.ndarray) -> float:
    """Accuracy of each class, and the mean of those."""
    right = predicted == labels
    return float(np.mean([right[labels == each].mean() for each in np.unique(labels)]))


def _scale(scores: np.ndarray, labels: np.ndarray) -> float:
    """What to multiply scores by for the least cross-entropy."""

    def loss(log_scale: float) -> float:
        logits = scores * np.exp(log_scale)
        own = np.take_along_axis(logits, labels[:, None], axis=1)[:, 0]
        return float((logsumexp(logits, axis=1) - own).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-4, 6), method="bounded").x))
