"""Filters of deeper layers: a plane for each channel below, too many for colours."""

from viz.planes.compute import Planes, below, heaviest_planes, same_planes, with_planes
from viz.planes.query import PlanesQuery, PlanesShown

__all__ = [
    "Planes",
    "PlanesQuery",
    "PlanesShown",
    "below",
    "heaviest_planes",
    "same_planes",
    "with_planes",
]
