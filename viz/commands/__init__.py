"""The views as commands: each function's signature and docstring are its flags and its help.

Every command looks at one run (or at the runs of one comparison), works out its result and writes
it where `--out` says; the dear ones keep it in the run too, and may be asked for that alone. Only
`provenance` looks at a file that another one wrote.
"""

from collections.abc import Callable
from functools import partial

from viz.cli import call
from viz.commands.architecture import architecture
from viz.commands.attribution import attribution
from viz.commands.by_hand import by_hand
from viz.commands.comparison import comparison
from viz.commands.confusion import confusion
from viz.commands.correspondence import correspondence
from viz.commands.curves import curves
from viz.commands.deconvnet import deconvnet
from viz.commands.diagnosis import diagnosis
from viz.commands.feature_maps import feature_maps
from viz.commands.film import film
from viz.commands.filters import filters
from viz.commands.invariance import invariance
from viz.commands.localisation import localisation
from viz.commands.mistakes import mistakes
from viz.commands.object_scale import object_scale
from viz.commands.planes import planes
from viz.commands.provenance import provenance
from viz.commands.report import report
from viz.commands.retrieval import retrieval
from viz.commands.self_check import self_check
from viz.commands.strongest import strongest
from viz.store.view import views

VIEWS: dict[str, Callable[..., None]] = {
    "architecture": architecture,
    "filters": filters,
    "film": film,
    "planes": planes,
    "feature-maps": feature_maps,
    "strongest": strongest,
    "deconvnet": deconvnet,
    "by-hand": by_hand,
    "attribution": attribution,
    "localisation": localisation,
    "invariance": invariance,
    "correspondence": correspondence,
    "retrieval": retrieval,
    "curves": curves,
    "mistakes": mistakes,
    "confusion": confusion,
    "diagnosis": diagnosis,
    "object-scale": object_scale,
    "comparison": comparison,
    "self-check": self_check,
    "report": report,
    "provenance": provenance,
}
VIEWS |= {name: partial(call, kind) for name, kind in views().items()}
