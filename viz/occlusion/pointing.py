"""Maps of an occlusion to point at: the pointer tells the answer, a click chooses the place."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from viz.drawing.colours import class_colour
from viz.drawing.pointing import point_at_heatmap
from viz.drawing.scales import PLOTLY, Scale
from viz.drawing.sheet import as_array
from viz.drawing.style import number
from viz.occlusion.compute import Occlusion, Watched
from viz.occlusion.figure import CERTAIN, frequent, map_scale

GUESSES = 3  # classes that the pointer names


def occlusion_pointing(
    found: Occlusion,
    classes: Sequence[str],
    *,
    label: int,
    layer: str,
    panel: str = "probability",
    chosen: tuple[int, int] | None = None,
    side: int = 320,
    totals: Scale | None = None,
) -> go.Figure:
    """One panel to point at; a click returns [row, column] of the cell.

    The pointer tells the same of a cell on every panel.

    Args:
        found: Of the sliding square.
        classes: Names of all classes.
        label: Class whose probability is drawn.
        layer: Whose strongest channel is drawn.
        panel: probability, activation or predicted.
        chosen: Cell to outline.
        side: In pixels.
        totals: Scale of the channel's map, where others share it; its own if not given.
    """
    watched = found.watched(layer)
    hover = _hover(found, classes, label, watched)
    if panel == "predicted":
        occurring = frequent(found.predicted)
        place = {index: float(number) for number, index in enumerate(occurring)}
        values = np.vectorize(place.__getitem__)(as_array(found.predicted))
        colours = _steps([class_colour(index) for index in occurring])
        return point_at_heatmap(
            values,
            hover,
            colours=colours,
            low=-0.5,
            high=len(occurring) - 0.5,
            chosen=chosen,
            side=side,
        )
    is_probability = panel == "probability"
    heatmap = found.probability[..., label] if is_probability else watched.activation
    name, low, high = CERTAIN if is_probability else totals or map_scale(watched)
    return point_at_heatmap(
        as_array(heatmap),
        hover,
        colours=PLOTLY[name],
        low=low,
        high=high,
        label="probability" if is_probability else "sum over the map",
        chosen=chosen,
        side=side,
    )


def _hover(
    found: Occlusion, classes: Sequence[str], label: int, watched: Watched
) -> list[list[str]]:
    """Of each cell: the class asked for, the three most probable ones, the channel's total."""
    best = found.probability.topk(min(GUESSES, len(classes)), dim=2)

    def tell(row: int, col: int) -> str:
        ranked = zip(best.indices[row, col].tolist(), best.values[row, col].tolist(), strict=True)
        lines = [
            f"Square at row {row * found.stride}, column {col * found.stride} px",
            f"P({classes[label]}) {_percent(float(found.probability[row, col, label]))}",
            *(f"{place}. {classes[i]} {_percent(p)}" for place, (i, p) in enumerate(ranked, 1)),
            f"{watched.layer}, channel {watched.channel}: "
            f"{number(float(watched.activation[row, col]))}",
        ]
        return "\n".join(lines)

    rows, cols = found.shape
    return [[tell(row, col) for col in range(cols)] for row in range(rows)]


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _steps(colours: list[str]) -> list[tuple[float, str]]:
    """A plotly scale of flat steps."""
    n = len(colours)
    return [(edge, colour) for i, colour in enumerate(colours) for edge in (i / n, (i + 1) / n)]
