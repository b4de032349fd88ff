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
from viz.invariance.query import InvarianceQuery

__all__ = [
    "TRANSFORMATIONS",
    "Invariance",
    "InvarianceQuery",
    "as_arrays",
    "as_invariances",
    "few_steps",
    "invariance",
    "transformed",
]
