"""Commands that are not questions yet, and all of them by name."""

from collections.abc import Callable
from functools import partial

from viz.cli import call
from viz.commands.architecture import architecture
from viz.commands.comparison import comparison
from viz.commands.curves import curves
from viz.commands.evolution import evolution
from viz.commands.invariance import invariance
from viz.commands.object_scale import object_scale
from viz.commands.provenance import provenance
from viz.commands.report import report
from viz.commands.retrieval import retrieval
from viz.commands.self_check import self_check
from viz.store.view import views

VIEWS: dict[str, Callable[..., None]] = {
    "architecture": architecture,
    "comparison": comparison,
    "curves": curves,
    "evolution": evolution,
    "invariance": invariance,
    "object-scale": object_scale,
    "provenance": provenance,
    "report": report,
    "retrieval": retrieval,
    "self-check": self_check,
}
VIEWS |= {name: partial(call, kind) for name, kind in views().items()}
