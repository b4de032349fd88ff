"""Does the network know a part again? The same part is hidden in every picture."""

from viz.correspondence.compute import (
    DRAWS,
    WAYS,
    Correspondence,
    as_arrays,
    as_correspondence,
    correspondence,
    default_layers,
    differences,
    hidden_pictures,
)

__all__ = [
    "DRAWS",
    "WAYS",
    "Correspondence",
    "as_arrays",
    "as_correspondence",
    "correspondence",
    "default_layers",
    "differences",
    "hidden_pictures",
]
