"""How preprocessings do on one network: a bar each, the run's own in its own colour."""

from __future__ import annotations

from matplotlib.figure import Figure

from viz.drawing.colours import OKABE_ITO
from viz.drawing.style import DPI, INK, PAPER, QUIET, SMALL_PT, head
from viz.preprocessing_check.query import PreprocessingShown

WIDTH_PX, ROW_PX, ROOM_PX = 740, 26, 80
OTHERS, ITS_OWN = OKABE_ITO[4], OKABE_ITO[5]


def draw(shown: PreprocessingShown, width_px: int = WIDTH_PX) -> Figure:
    """A bar each, of right answers or, without labels, of confidence."""
    size = (width_px / DPI, (ROOM_PX + ROW_PX * len(shown.names)) / DPI)
    figure = Figure(figsize=size, dpi=DPI, layout="constrained", facecolor=PAPER)
    ax = figure.subplots()
    count = len(shown.tried.image)
    share = shown.score / (count if shown.labelled else 1)
    colours = [ITS_OWN, *[OTHERS] * (len(shown.names) - 1)]
    places = range(len(shown.names))
    ax.barh(places, (100 * share).tolist(), color=colours, height=0.7)
    for place in places:
        words = f"{100 * float(share[place]):.1f} %"
        ax.text(
            100 * float(share[place]) + 0.8, place, words, size=SMALL_PT, color=INK, va="center"
        )
    ax.set_yticks(places, shown.names)
    ax.invert_yaxis()
    ax.set_xlim(0, 108)
    ax.set_xticks([])
    what = f"% right of {count} images" if shown.labelled else f"mean confidence, {count} images"
    head(ax, f"{shown.name}: {what}, by preprocessing")
    ax.tick_params(labelsize=SMALL_PT + 0.5, length=0, labelcolor=INK)
    ax.spines[["top", "right", "bottom"]].set_visible(False)
    ax.spines["left"].set_color(QUIET)
    return figure
