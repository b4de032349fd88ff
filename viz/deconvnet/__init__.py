"""Back from one unit to the pixels: what in the image made it fire (Zeiler & Fergus)."""

from viz.deconvnet.compute import CHUNK, RULES, RuleName, project, strongest_units
from viz.deconvnet.control import Control
from viz.deconvnet.query import DeconvnetQuery, Projected

__all__ = [
    "CHUNK",
    "RULES",
    "Control",
    "DeconvnetQuery",
    "Projected",
    "RuleName",
    "project",
    "strongest_units",
]
