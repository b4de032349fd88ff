"""How a run went, epoch by epoch: its tables, as arrays and as curves."""

from viz.curves.compute import arrays_of
from viz.curves.query import CurvesQuery, CurvesShown

__all__ = ["CurvesQuery", "CurvesShown", "arrays_of"]
