"""Convolution by hand: one unit worked out number by number, as a lecture does it on the board."""

from viz.by_hand.compute import (
    CURVE,
    LECTURE,
    After,
    ByHand,
    first_convolution,
    slide,
    typed_kernel,
    unit_by_hand,
    what_follows,
)
from viz.by_hand.query import ByHandQuery, Sum

__all__ = [
    "CURVE",
    "LECTURE",
    "After",
    "ByHand",
    "ByHandQuery",
    "Sum",
    "first_convolution",
    "slide",
    "typed_kernel",
    "unit_by_hand",
    "what_follows",
]
