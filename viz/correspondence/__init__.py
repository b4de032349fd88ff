"""Does the network know a part again? The same part is hidden in every picture."""

from viz.correspondence.compute import (
    DRAWS,
    WAYS,
    Correspondence,
    correspondence,
    default_layers,
    differences,
    hidden_pictures,
)
from viz.correspondence.query import CorrespondenceLook, CorrespondenceQuery

__all__ = [
    "DRAWS",
    "WAYS",
    "Correspondence",
    "CorrespondenceLook",
    "CorrespondenceQuery",
    "correspondence",
    "default_layers",
    "differences",
    "hidden_pictures",
]
