"""Where the network is wrong: the confusion matrix, and its gravest mistakes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from training.ensemble import Member, evaluate_together
from training.evaluate import Evaluation, Mistakes
from training.progress import Progress, silent
from viz.store.cache import Arrays, from_arrays, to_arrays

__all__ = ["Confused", "Evaluation", "Mistakes", "Order", "class_errors", "confused", "evaluation"]

MOST = 64  # mistakes on one figure
ALL = 10**9  # mistakes that are kept: a page leads through all of them

Order = Literal["surest", "worst"]


@dataclass(frozen=True)
class Confused:
    """Pairs of classes, the most frequent confusion first."""

    label: Tensor  # (n,) int64, the images' class
    guess: Tensor  # (n,) int64, what they were predicted as
    images: Tensor  # (n,) int64


def evaluation(member: Member, *, views: int = 1, progress: Progress = silent) -> Evaluation:
    """Accuracy, confusion and mistakes of one network, in one pass over its images.

    Args:
        member: The network, its images and how it sees them.
        views: 1 for the central crop, 10 for the mean of ten views.
        progress: Told (images done, images).
    """
    scores = evaluate_together([member], views=views, mistakes=ALL, progress=progress)
    return scores[-1].evaluation


def confused(confusion: Tensor, count: int) -> Confused:
    """The pairs of classes that are most often confused, pairs that never are left out.

    Args:
        confusion: (K, K) int64, rows the images' class.
        count: Pairs wanted.
    """
    wrong = confusion.clone().fill_diagonal_(0).flatten()
    order = wrong.argsort(descending=True, stable=True)[: min(count, int((wrong > 0).sum()))]
    return Confused(order // len(confusion), order % len(confusion), wrong[order])


def taken(mistakes: Mistakes, label: int | None, guess: int | None) -> Mistakes:
    """Those among them of a class that were taken for another; None leaves it open."""
    wanted = torch.ones(len(mistakes), dtype=torch.bool)
    if label is not None:
        wanted &= mistakes.label == label
    if guess is not None:
        wanted &= mistakes.guess[:, 0] == guess
    return mistakes[wanted]


def class_errors(confusion: Tensor) -> Tensor:
    """(K,) top-1 error of each class, from (K, K) counts; nan for a class without images."""
    counts = confusion.sum(1)
    return 1 - confusion.diagonal() / counts


def as_arrays(found: Evaluation) -> Arrays:
    """An evaluation as arrays: mistakes under surest_ and worst_."""
    numbers = {name: np.array(getattr(found, name)) for name in ("loss", "top1", "top5", "images")}
    arrays = {**numbers, "confusion": found.confusion.numpy()}
    for order in ("surest", "worst"):
        mistakes = to_arrays(getattr(found, order))
        arrays |= {f"{order}_{name}": array for name, array in mistakes.items()}
    return arrays


def as_evaluation(arrays: Arrays) -> Evaluation:
    """The evaluation again."""

    def mistakes(order: Order) -> Mistakes:
        prefix = f"{order}_"
        own = {name.removeprefix(prefix): arrays[name] for name in arrays if prefix in name}
        return from_arrays(Mistakes, own)

    return Evaluation(
        loss=float(arrays["loss"]),
        top1=float(arrays["top1"]),
        top5=float(arrays["top5"]),
        images=int(arrays["images"]),
        confusion=torch.from_numpy(arrays["confusion"]),
        surest=mistakes("surest"),
        worst=mistakes("worst"),
    )
