"""When did it learn that: what excites a channel most, epoch after epoch."""

from viz.evolution.compute import Evolution, evolution, from_columns

__all__ = ["Evolution", "evolution", "from_columns"]
