"""How the variants of a comparison learned, and what they came to: to be drawn over each other."""

from viz.comparison.compute import (
    Curve,
    Line,
    arrays_along,
    arrays_of,
    how_compared,
    learning_curves,
    lines_along,
    mean_curve,
)

__all__ = [
    "Curve",
    "Line",
    "arrays_along",
    "arrays_of",
    "how_compared",
    "learning_curves",
    "lines_along",
    "mean_curve",
]
