"""Commands that are not questions yet, and all of them by name."""

from collections.abc import Callable
from functools import partial

from viz.cli import call
from viz.commands.evolution import evolution
from viz.commands.invariance import invariance
from viz.commands.provenance import provenance
from viz.commands.report import report
from viz.commands.retrieval import retrieval
from viz.store.view import views

VIEWS: dict[str, Callable[..., None]] = {
    "evolution": evolution,
    "invariance": invariance,
    "provenance": provenance,
    "report": report,
    "retrieval": retrieval,
}
VIEWS |= {name: partial(call, kind) for name, kind in views().items()}
