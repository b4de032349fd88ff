"""When did it learn that: what excites a channel most, epoch after epoch."""

from viz.evolution.compute import (
    Evolution,
    evolution,
    filter_settled,
    from_columns,
    same_image_since,
    spread,
)
from viz.evolution.query import EvolutionLook, EvolutionQuery

__all__ = [
    "Evolution",
    "EvolutionLook",
    "EvolutionQuery",
    "evolution",
    "filter_settled",
    "from_columns",
    "same_image_since",
    "spread",
]
