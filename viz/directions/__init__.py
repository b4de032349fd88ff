"""Channels, concepts and random directions of a layer: which of them can be read?"""

from viz.directions.compute import KINDS, DirectionKind, Directions, along
from viz.directions.query import DirectionsLook, DirectionsQuery, DirectionsShown

__all__ = [
    "KINDS",
    "DirectionKind",
    "Directions",
    "DirectionsLook",
    "DirectionsQuery",
    "DirectionsShown",
    "along",
]
