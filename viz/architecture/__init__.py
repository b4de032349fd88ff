"""What a network is made of, layer by layer: sizes, cost, and how much of the image each sees."""

from viz.architecture.compute import LayerRow, arrays_of, describe

__all__ = ["LayerRow", "arrays_of", "describe"]
