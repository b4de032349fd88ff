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
from viz.commands.comparison import comparison
from viz.commands.confusion import confusion
from viz.commands.correspondence import correspondence
from viz.commands.curves import curves
from viz.commands.diagnosis import diagnosis
from viz.commands.evolution import evolution
from viz.commands.film import film
from viz.commands.filters import filters
from viz.commands.localisation import localisation
from viz.commands.mistakes import mistakes
from viz.commands.object_scale import object_scale
from viz.commands.planes import planes
from viz.commands.provenance import provenance
from viz.commands.report import report
from viz.commands.self_check import self_check
from viz.commands.top_patches import top_patches
from viz.commands.unit import unit
from viz.store.view import views

VIEWS: dict[str, Callable[..., None]] = {
    "architecture": architecture,
    "filters": filters,
    "film": film,
    "planes": planes,
    "top-patches": top_patches,
    "unit": unit,
    "attribution": attribution,
    "localisation": localisation,
    "correspondence": correspondence,
    "evolution": evolution,
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
