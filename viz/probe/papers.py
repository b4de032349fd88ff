"""What papers measured by the same protocol, with networks trained on all of ImageNet."""

from __future__ import annotations

import re

from training.probe import LossName

Published = tuple[float, float]  # mean and deviation, per cent

ZEILER_FERGUS: dict[tuple[LossName, int], Published] = {
    ("svm", 1): (44.8, 0.7),
    ("svm", 2): (66.2, 0.5),
    ("svm", 3): (72.3, 0.4),
    ("svm", 4): (76.6, 0.4),
    ("svm", 5): (86.2, 0.8),
    ("svm", 7): (85.5, 0.4),
    ("softmax", 5): (82.9, 0.4),
    ("softmax", 7): (85.4, 0.4),
}
"""Zeiler & Fergus 2013, table 7: Caltech-101, 30 training images a class, by layer."""

DECAF: dict[tuple[LossName, int], Published] = {
    ("softmax", 5): (63.29, 6.6),
    ("softmax", 6): (84.30, 1.6),
    ("softmax", 7): (84.87, 0.6),
    ("svm", 5): (77.12, 1.1),
    ("svm", 6): (84.77, 1.2),
    ("svm", 7): (83.24, 1.2),
}
"""Donahue et al. 2014, table 1: the same data, without dropout."""

PAPERS = {"Zeiler & Fergus 2013": ZEILER_FERGUS, "DeCAF": DECAF}
FIRST = "Zeiler & Fergus 2013"
DATA, PER_CLASS = "caltech101", 30


def stage_of(layer: str) -> int | None:
    """The number of the layer that is called as in the papers: 5 of pool5; none of swish1."""
    found = re.fullmatch(r"(?:conv|relu|norm|pool|fc|drop)(\d)", layer)
    return int(found[1]) if found else None


def published(
    layer: str, classifier: LossName, data: str, per_class: int | None, paper: str = FIRST
) -> Published | None:
    """What a paper found, where the same is asked."""
    stage = stage_of(layer)
    if stage is None or per_class != PER_CLASS or DATA not in data.partition(":")[0]:
        return None
    return PAPERS[paper].get((classifier, stage))
