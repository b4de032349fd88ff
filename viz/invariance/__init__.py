"""How features follow a picture that moves, grows and turns."""

from viz.invariance.compute import (
    TRANSFORMATIONS,
    Invariance,
    as_arrays,
    as_invariances,
    borne,
    few_steps,
    invariance,
    transformed,
)
from viz.invariance.query import InvarianceQuery, InvarianceShown

__all__ = [
    "TRANSFORMATIONS",
    "Invariance",
    "InvarianceQuery",
    "InvarianceShown",
    "as_arrays",
    "as_invariances",
    "borne",
    "few_steps",
    "invariance",
    "transformed",
]
