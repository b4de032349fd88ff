"""The confusion matrix: which classes the network takes for which."""

from viz.confusion.query import ConfusionLook, ConfusionQuery

__all__ = ["ConfusionLook", "ConfusionQuery"]
