"""What a network is made of, layer by layer: sizes, cost, and how much of the image each sees."""

from viz.architecture.compute import LayerRow, arrays_of, describe
from viz.architecture.query import ArchitectureQuery, ArchitectureShown, called

__all__ = [
    "ArchitectureQuery",
    "ArchitectureShown",
    "LayerRow",
    "arrays_of",
    "called",
    "describe",
]
