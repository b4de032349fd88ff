"""What a layer's channels are like: how often they fire, for which classes, and which are alike."""

from viz.unit.compute import Profiles, profiles
from viz.unit.query import Unit, UnitLook, UnitQuery

__all__ = ["Profiles", "Unit", "UnitLook", "UnitQuery", "profiles"]
