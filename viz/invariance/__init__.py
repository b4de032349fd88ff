"""How features follow a picture that moves, grows and turns."""

from viz.invariance.compute import (
    TRANSFORMATIONS,
    Invariance,
    as_arrays,
    as_invariances,
    few_steps,
    invariance,
    transformed,
)

__all__ = [
    "TRANSFORMATIONS",
    "Invariance",
    "as_arrays",
    "as_invariances",
    "few_steps",
    "invariance",
    "transformed",
]
