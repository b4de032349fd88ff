"""The strongest unit anywhere: in each layer the one that an image excites most."""

from viz.strongest.compute import (
    Strongest,
    as_arrays,
    as_units,
    convolutions_on_the_way,
    strongest,
)
from viz.strongest.query import StrongestQuery

__all__ = [
    "Strongest",
    "StrongestQuery",
    "as_arrays",
    "as_units",
    "convolutions_on_the_way",
    "strongest",
]
