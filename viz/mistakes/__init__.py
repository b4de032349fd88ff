"""Where the network is wrong: which classes it takes for which, and its gravest mistakes."""

from viz.mistakes.compute import (
    MOST,
    Evaluation,
    Mistakes,
    Order,
    as_arrays,
    as_evaluation,
    class_errors,
    confused,
    taken,
)
from viz.mistakes.query import EvaluationQuery, MistakesLook, MistakesQuery

__all__ = [
    "MOST",
    "Evaluation",
    "EvaluationQuery",
    "Mistakes",
    "MistakesLook",
    "MistakesQuery",
    "Order",
    "as_arrays",
    "as_evaluation",
    "class_errors",
    "confused",
    "taken",
]
