"""A run's tables as arrays."""

from viz.curves.compute import arrays_of

__all__ = ["arrays_of"]
