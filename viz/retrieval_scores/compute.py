"""How well nearest neighbours find the same class: precision among k, and average precision."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from training.progress import Progress, silent

QUERIES = 256  # whose distances are held at once


@dataclass(frozen=True)
class Scores:
    """Of each image as a query among all others; -1 where no other has its class."""

    average_precision: Tensor  # (N,) float64
    precision: Tensor  # (N,) float64, among the k nearest


def score(features: Tensor, labels: Tensor, k: int, *, progress: Progress = silent) -> Scores:
    """Every image is looked for once, by Euclidean distance; the others of its class are relevant.

    Between equal distances the lower index comes first. Memory grows with the images, not with
    their square: distances are those of some queries at a time, in double precision.

    Args:
        features: (N, D).
        labels: (N,) int64.
        k: Nearest neighbours counted; all others where there are fewer.
        progress: Told the queries done.

    Source: Krizhevsky et al. 2012, section 6.1, figure 4 (right); average precision without
    interpolation, as scikit-learn's average_precision_score.
    """
    every = features.double()
    squares = every.square().sum(1)
    found_ap, found_p = [], []
    for first in range(0, len(every), QUERIES):
        some = every[first : first + QUERIES]
        distance = squares + squares[first : first + len(some), None] - 2 * some @ every.T
        own = torch.arange(len(some))
        distance[own, first + own] = -torch.inf  # the query itself, which is then left out
        order = distance.argsort(dim=1, stable=True)[:, 1:]
        relevant = labels[order] == labels[first : first + len(some), None]
        found = relevant.cumsum(1).double()
        ranks = torch.arange(1, order.shape[1] + 1)
        others = relevant.sum(1)
        ap = (relevant * found / ranks).sum(1) / others.clamp(min=1)
        last = min(k, order.shape[1])
        precision = found[:, last - 1] / last if last else torch.zeros(len(some)).double()
        found_ap.append(ap.where(others > 0, -1.0))
        found_p.append(precision.where(others > 0, -1.0))
        progress(first + len(some), len(every))
    return Scores(torch.cat(found_ap), torch.cat(found_p))


def by_class(values: Tensor, labels: Tensor, classes: int) -> Tensor:
    """(classes,) mean over the images of each class; nan of one without two images.

    Args:
        values: (N,), -1 for an image that is the only one of its class.
        labels: (N,).
        classes: How many there are.
    """
    counted = values >= 0
    sums = torch.zeros(classes, dtype=torch.float64)
    sums.index_add_(0, labels[counted], values[counted])
    return sums / torch.bincount(labels[counted], minlength=classes)
