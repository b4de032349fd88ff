"""When did it learn that: what excites a channel most, epoch after epoch."""

from viz.evolution.compute import Column, Evolution, column, from_columns, mean_response, spread
from viz.evolution.learning import (
    Motion,
    half_learnt,
    learnt,
    motion,
    same_image_since,
    since,
    word,
)
from viz.evolution.query import EvolutionLook, EvolutionQuery

__all__ = [
    "Column",
    "Evolution",
    "EvolutionLook",
    "EvolutionQuery",
    "Motion",
    "column",
    "from_columns",
    "half_learnt",
    "learnt",
    "mean_response",
    "motion",
    "same_image_since",
    "since",
    "spread",
    "word",
]
