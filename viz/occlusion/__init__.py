"""Where does the network look: a window slides over the image and the answer is followed."""

from viz.network.layers import last_maps
from viz.occlusion.compute import (
    Cell,
    Occlusion,
    Tracked,
    argmin_cell,
    covered,
    occlusion,
    scan,
    steps,
    visiting_order,
    window_for,
)
from viz.occlusion.query import OcclusionLook, OcclusionQuery

__all__ = [
    "Cell",
    "Occlusion",
    "OcclusionLook",
    "OcclusionQuery",
    "Tracked",
    "argmin_cell",
    "covered",
    "last_maps",
    "occlusion",
    "scan",
    "steps",
    "visiting_order",
    "window_for",
]
