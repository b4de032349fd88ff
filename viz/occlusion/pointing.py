"""Maps of an occlusion to point at: the pointer tells the answer, a click chooses the place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from viz.drawing.colours import class_colour
from viz.drawing.panels import Classes, Heatmap
from viz.drawing.scales import Scale
from viz.drawing.sheet import as_array
from viz.drawing.style import number
from viz.drawing.words import percent
from viz.occlusion.compute import Occlusion, Tracked
from viz.occlusion.figure import CERTAIN, PANEL_PX, frequent, map_scale

TOP_PREDICTIONS = 3  # classes that the pointer names


@dataclass(frozen=True)
class OcclusionPanels:
    """The three maps of figure 7; the pointer tells the same of a cell on each."""

    probability: Heatmap
    activation: Heatmap
    predicted: Classes


def panels_of(
    found: Occlusion,
    classes: Sequence[str],
    label: int,
    layer: str,
    side: int = PANEL_PX,
    *,
    totals: Scale | None = None,
    occurring: Sequence[int] | None = None,
) -> OcclusionPanels:
    """The maps to point at; a click gives [row, column] of the cell.

    Args:
        found: Of the sliding window.
        classes: Names of all classes.
        label: Class whose probability is drawn.
        layer: Whose strongest channel is drawn.
        side: In pixels.
        totals: Scale of the channel's map, where others share it; its own if not given.
        occurring: Classes in the order of their colours, where others share it.
    """
    tracked, predicted = found.tracked(layer), as_array(found.predicted)
    hover = _hover(found, classes, label, tracked)
    occurring = frequent(found.predicted) if occurring is None else occurring
    place = {index: number for number, index in enumerate(occurring)}
    return OcclusionPanels(
        Heatmap(as_array(found.probability[..., label]), CERTAIN, "probability", hover, side),
        Heatmap(
            as_array(tracked.activation),
            totals or map_scale(tracked),
            "sum over the map",
            hover,
            side,
        ),
        Classes(
            np.vectorize(place.__getitem__)(predicted),
            [class_colour(index) for index in occurring],
            hover,
            side,
        ),
    )


def _hover(
    found: Occlusion, classes: Sequence[str], label: int, tracked: Tracked
) -> list[list[str]]:
    """Of each cell: the class asked for, the three most probable ones, the channel's total."""
    best = found.probability.topk(min(TOP_PREDICTIONS, len(classes)), dim=2)

    def hover(row: int, col: int) -> str:
        ranked = zip(best.indices[row, col].tolist(), best.values[row, col].tolist(), strict=True)
        lines = [
            f"Window at row {row * found.stride}, column {col * found.stride} px",
            f"P({classes[label]}) {percent(float(found.probability[row, col, label]))}",
            *(f"{place}. {classes[i]} {percent(p)}" for place, (i, p) in enumerate(ranked, 1)),
            f"{tracked.layer}, channel {tracked.channel}: "
            f"{number(float(tracked.activation[row, col]))}",
        ]
        return "\n".join(lines)

    rows, cols = found.shape
    return [[hover(row, col) for col in range(cols)] for row in range(rows)]
