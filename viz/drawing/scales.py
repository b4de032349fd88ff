"""Scales that hold for several pictures, so that they compare."""

from torch import Tensor

from viz.drawing.style import AMOUNT, SIGNED

Scale = tuple[str, float, float]  # colours, low, high
PLOTLY = {AMOUNT: "Viridis", SIGNED: "RdBu_r"}
"""What plotly calls the same colours."""


def common_scale(*values: Tensor) -> Scale:
    """One for all of them: amounts from 0 up, about 0 where there are negative values."""
    low = min(float(each.min()) for each in values)
    full = max(float(each.abs().max()) for each in values) or 1.0
    return (SIGNED, -full, full) if low < 0 else (AMOUNT, 0.0, full)


def difference_scale(difference: Tensor) -> Scale:
    """About 0, the largest difference in full colour."""
    full = float(difference.abs().max()) or 1.0
    return SIGNED, -full, full
