"""Which images a classifier is fitted on and tested on, and how its answers are counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from training.data import describe
from training.data.source import SplitName
from training.errors import WorkbenchError
from training.probe.linear import LOSSES, LossName, fit_linear

ROUGH = 1e-2  # tolerance of fits that only rank values of C


@dataclass(frozen=True)
class Draw:
    """One choice of training and of test images; indices into the images that are there."""

    train: Tensor  # (n,) int64
    test: Tensor  # (m,) int64

    def among(self, images: Tensor) -> Draw:
        """The same images by their places among some of all, in rising order."""
        return Draw(torch.searchsorted(images, self.train), torch.searchsorted(images, self.test))


def draws(
    train_labels: np.ndarray,
    test_labels: np.ndarray | None = None,
    *,
    per_class: int,
    most: int = 50,
    splits: int = 10,
    seed: int = 0,
) -> list[Draw]:
    """Random choices of so many training images a class, and of test images among the others.

    Args:
        train_labels: (N,) classes of the images to draw from.
        test_labels: (M,) classes of test images of their own; if not given, they are drawn from
            those that are left. They count on from N.
        per_class: Training images of each class.
        most: Test images of each class at most.
        splits: How many choices.
        seed: Decides them.

    Raises:
        WorkbenchError: If a class has too few images, or there are fewer than two classes.

    Source: Zeiler & Fergus 2013, section 5.2: 15 or 30 training images a class, up to 50 test
    images a class, the mean over classes.
    """
    classes = int(train_labels.max()) + 1 if len(train_labels) else 0
    if classes < 2:
        raise WorkbenchError(f"A probe needs images of at least two classes; there are {classes}.")
    own = test_labels is not None
    needed = per_class + (not own)
    counts = np.bincount(train_labels, minlength=classes)
    few = np.flatnonzero(counts < needed)
    if len(few):
        raise WorkbenchError(
            f"{len(few)} of {classes} classes have fewer than the {needed} images that "
            f"{per_class} to train on need; the smallest has {counts.min()}. Ask for fewer a class."
        )
    random = np.random.default_rng(seed)
    found = []
    for _ in range(splits):
        train, test = [], []
        for label in range(classes):
            order = random.permutation(np.flatnonzero(train_labels == label))
            train.append(order[:per_class])
            if test_labels is None:
                test.append(order[per_class : per_class + most])
            else:
                there = random.permutation(np.flatnonzero(test_labels == label))
                test.append(len(train_labels) + there[:most])
        found.append(Draw(_sorted(train), _sorted(test)))
    return found


def most_per_class(spec: str) -> int:
    """How many training images of each class a data set allows.

    Raises:
        WorkbenchError: If it is none.
    """
    source = describe(spec)
    splits: tuple[SplitName, ...] = ("train", "val") if source.is_held_out else ("train",)
    labels = np.concatenate([source.open(split).labels for split in splits])
    smallest = int(np.bincount(labels, minlength=len(source.classes)).min())
    if (most := smallest - source.is_held_out) < 1:
        raise WorkbenchError(
            f"A class of {spec} has {smallest} images, too few to train and to test by. Leave it "
            "out."
        )
    return most


def held_out(labels: Tensor) -> tuple[Tensor, Tensor]:
    """Two thirds of each class's images to fit on and the others to choose C by, as positions."""
    fit, held = [], []
    for label in range(int(labels.max()) + 1):
        there = torch.nonzero(labels == label)[:, 0]
        cut = max(1, (2 * len(there)) // 3)
        fit.append(there[:cut])
        held.append(there[cut:])
    return torch.cat(fit), torch.cat(held)


def choose_c(
    kernel: Tensor, labels: Tensor, *, loss: LossName, grid: Sequence[float] = ()
) -> float:
    """The C that does best on a third of the training images, fitted on the others.

    Args:
        kernel: (n, n) products of the training images' features.
        labels: (n,) their classes.
        loss: "svm" or "softmax".
        grid: In rising order; that of the loss if not given. The search ends where it has become
            worse; between equals the lower one is taken.
    """
    grid = grid or LOSSES[loss].grid
    fit, held = held_out(labels)
    if not len(held):  # one image a class: nothing to choose by
        return grid[len(grid) // 2]
    inner, across = kernel[fit][:, fit], kernel[held][:, fit]
    best, most, before = grid[0], -1.0, None
    for c in grid:
        before = fit_linear(inner, labels[fit], loss=loss, c=c, tolerance=ROUGH, start=before)
        right = float((before.scores(across).argmax(1) == labels[held]).double().mean())
        if right < most:
            break
        if right > most:
            best, most = c, right
    return best


def accuracy_by_class(scores: Tensor, labels: Tensor, classes: int) -> Tensor:
    """(classes,) share of each class's test images that have the highest score there."""
    right = (scores.argmax(1) == labels).double()
    totals = torch.zeros(classes, dtype=torch.float64).index_add_(0, labels, right)
    return totals / torch.bincount(labels, minlength=classes)


def _sorted(parts: Sequence[np.ndarray]) -> Tensor:
    return torch.from_numpy(np.sort(np.concatenate(parts)))
