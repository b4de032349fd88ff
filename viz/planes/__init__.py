"""Filters of deeper layers: a plane for each channel below, too many for colours."""

from viz.planes.compute import Planes, heaviest_planes

__all__ = ["Planes", "heaviest_planes"]
