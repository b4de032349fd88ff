"""How alike two pictures order their pixels, whatever the units of their values."""

import math

from torch import Tensor


def rank_correlation(one: Tensor, other: Tensor) -> float:
    """Spearman's: 1 where both order the places alike, 0 where they have nothing to do with each
    other, −1 where the orders are opposite; NaN where one of them is the same everywhere.

    Args:
        one: Values, in any shape.
        other: As many.
    """
    from scipy.stats import spearmanr  # here: it takes a second or two, which others need not wait

    if one.numel() < 2 or one.min() == one.max() or other.min() == other.max():
        return math.nan
    return float(spearmanr(one.flatten().numpy(), other.flatten().numpy()).statistic)
