"""Linear classifiers on one layer beside scikit-learn's: 101 classes, 30 images of each."""

from __future__ import annotations

from functools import partial

import torch
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC
from torch import Tensor

from benchmarks.timing import take_turns
from training.probe import LossName, fit_linear

CLASSES, IMAGES, LENGTH = 101, 30, 2688  # a pyramid over 128 maps
C: dict[LossName, float] = {
    "svm": 10.0,
    "softmax": 100.0,
}  # as chosen for Tiny ImageNet-100's relu3 on Caltech-101


def features(seed: int = 0) -> tuple[Tensor, Tensor]:
    """Rectified features of unit length, classes overlapping: (N, D) and labels (N,)."""
    random = torch.Generator().manual_seed(seed)
    centres = torch.randn(CLASSES, 1, LENGTH, generator=random).relu()
    noise = 2 * torch.randn(CLASSES, IMAGES, LENGTH, generator=random)
    found = (centres + noise).relu().reshape(-1, LENGTH)
    return found / found.norm(dim=1, keepdim=True), torch.arange(CLASSES).repeat_interleave(IMAGES)


def ours(images: Tensor, labels: Tensor, loss: LossName) -> None:
    """The products and the fit."""
    fit_linear(images @ images.T, labels, loss=loss, c=C[loss], tolerance=1e-3)


def theirs(images: Tensor, labels: Tensor, loss: LossName) -> None:
    """scikit-learn's, at its own tolerance."""
    kind = LinearSVC(C=C[loss]) if loss == "svm" else LogisticRegression(C=C[loss], max_iter=1000)
    kind.fit(images.numpy(), labels.numpy())


def measure(rounds: int) -> dict[str, float]:
    """Seconds of one fit, by who and what, taken in turns."""
    images, labels = features()
    contestants = {
        "LinearSVC": partial(theirs, images, labels, "svm"),
        "ours, SVM": partial(ours, images, labels, "svm"),
        "LogisticRegression": partial(theirs, images, labels, "softmax"),
        "ours, softmax": partial(ours, images, labels, "softmax"),
    }
    return take_turns(contestants, rounds)
