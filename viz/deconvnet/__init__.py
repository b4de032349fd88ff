"""Back from one unit to the pixels: what in the image made it fire (Zeiler & Fergus)."""

from viz.deconvnet.compute import CHUNK, RULES, RuleName, project, strongest_units

__all__ = ["CHUNK", "RULES", "RuleName", "project", "strongest_units"]
