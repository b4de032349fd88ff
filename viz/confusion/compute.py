"""An order of classes in which those that are confused stand side by side."""

from __future__ import annotations

import numpy as np
from torch import Tensor

OPTIMAL = 400  # classes up to which the leaves are ordered optimally, in half a second at most


def clustered(confusion: Tensor) -> list[int]:
    """Leaves of a hierarchical clustering: the more two classes are confused, the nearer they are.

    Their distance is 1 less the mean share of either that is taken for the other; clusters are
    joined by their mean distance, and the leaves ordered so that neighbours are near
    (Bar-Joseph et al. 2001).

    Args:
        confusion: (K, K) images of class (row) predicted as class (column).
    """
    from scipy.cluster.hierarchy import leaves_list, linkage  # here: it takes a second
    from scipy.spatial.distance import squareform

    count = len(confusion)
    if count < 3:
        return list(range(count))
    counts = confusion.double().numpy()
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    distances = 1 - (shares + shares.T) / 2
    np.fill_diagonal(distances, 0)
    tree = linkage(squareform(distances), "average", optimal_ordering=count <= OPTIMAL)
    return leaves_list(tree).tolist()
