"""How the variants of a comparison learned: their curves, to be drawn over each other."""

from viz.comparison.compute import Curve, arrays_of, how_compared, learning_curves, mean_curve

__all__ = ["Curve", "arrays_of", "how_compared", "learning_curves", "mean_curve"]
