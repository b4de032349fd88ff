"""Do heat maps point at the object: the pointing game, and the share of a map that lies in it."""

from viz.localisation.compute import (
    NAMES,
    Localisation,
    as_arrays,
    distance_to,
    energy_inside,
    localise,
    mean_energy,
    rows,
    share_of,
    table,
)
from viz.localisation.query import LocalisationLook, LocalisationQuery

__all__ = [
    "NAMES",
    "Localisation",
    "LocalisationLook",
    "LocalisationQuery",
    "as_arrays",
    "distance_to",
    "energy_inside",
    "localise",
    "mean_energy",
    "rows",
    "share_of",
    "table",
]
