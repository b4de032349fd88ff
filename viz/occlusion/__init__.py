"""Where does the network look: a square slides over the image and the answer is watched."""

from viz.occlusion.compute import (
    Cell,
    Occlusion,
    Watched,
    covered,
    dearest,
    last_maps,
    occlusion,
    scan,
    square_for,
    steps,
    visiting_order,
)

__all__ = [
    "Cell",
    "Occlusion",
    "Watched",
    "covered",
    "dearest",
    "last_maps",
    "occlusion",
    "scan",
    "square_for",
    "steps",
    "visiting_order",
]
