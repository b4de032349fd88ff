"""Nine patches of each direction beside their projections, as of channels."""

from __future__ import annotations

from matplotlib.figure import Figure

from viz.directions.query import DirectionsShown
from viz.drawing.style import MARGIN
from viz.top_patches.figure import WIDTH_PX, top_patches_figure

NAMES = {"channel": "single channels", "concept": "concepts", "random": "random directions"}


def draw(shown: DirectionsShown, width_px: int = WIDTH_PX) -> Figure:
    """A block of patches and one of projections for each direction."""
    pictures, asked = shown.pictures(), shown.asked
    return top_patches_figure(
        pictures.patch,
        pictures.projection,
        shown.found.score,
        range(len(shown.found.score)),
        layer=f"{asked.layer} along {NAMES[asked.kind]}",
        epoch=asked.epoch,
        inside=pictures.inside,
        most=pictures.most,
        what="direction",
        width_px=width_px - 2 * MARGIN,
    )
