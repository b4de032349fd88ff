"""Features under translation, scale and rotation, as in Zeiler & Fergus 2013, figure 5."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from viz.drawing.colours import OKABE_ITO
from viz.drawing.sheet import as_array, channels_last, sheet, shrink
from viz.drawing.style import DPI, INK, PAPER, QUIET, SMALL_PT, TEXT_PT, hide_axes, lines_of
from viz.invariance.compute import TRANSFORMATIONS, Invariance
from viz.invariance.query import InvarianceShown

TILE_PX, ROW_IN, WIDTH_IN = 44, 2.2, 10.6


def draw_strip(ax: Axes, pictures: Tensor) -> None:
    """A picture as it is and under a few of the changes, one below the other."""
    tiles = shrink(channels_last(pictures), 4 * TILE_PX)
    hide_axes(ax)
    ax.imshow(sheet(tiles, 1, gap=2)[0], interpolation="nearest")


def draw_lines(ax: Axes, found: Invariance, values: Tensor, names: Sequence[str]) -> None:
    """A line a picture over the amounts of change.

    Args:
        ax: Where.
        found: Says by how much.
        values: (N, A).
        names: Of the N pictures.
    """
    for place, (line, name) in enumerate(zip(as_array(values), names, strict=True)):
        colour = OKABE_ITO[place % len(OKABE_ITO)]
        ax.plot(as_array(found.amount), line, color=colour, linewidth=1.4, label=lines_of(name, 28))
    kind = TRANSFORMATIONS[found.transformation]
    ax.set_xlabel(f"{kind.words}, {kind.unit}", size=TEXT_PT, color=INK)
    ax.set_ylim(bottom=0)
    ax.tick_params(labelsize=SMALL_PT, color=QUIET, labelcolor=INK, length=3, width=0.6)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set(color=QUIET, linewidth=0.6)
    ax.set_facecolor("none")


def draw(shown: InvarianceShown) -> Figure:
    """A row a transformation: what it does to a picture, to two layers' features, to the answer.

    Source: Zeiler & Fergus 2013, figure 5.
    """
    found, strips, names = shown.found, shown.strips, shown.names
    figure = Figure(
        figsize=(WIDTH_IN, ROW_IN * len(found) + 0.4), dpi=DPI, layout="constrained",
        facecolor=PAPER,
    )  # fmt: skip
    layers = found[0].layers
    columns = 2 + len(layers)
    axes = figure.subplots(
        len(found), columns, squeeze=False, width_ratios=[0.28, *[1] * (columns - 1)]
    )
    for row, (one, strip) in enumerate(zip(found, strips, strict=True)):
        draw_strip(axes[row][0], strip)
        for place, layer in enumerate(layers):
            ax = axes[row][1 + place]
            draw_lines(ax, one, one.distance[place], names)
            if row == 0:
                ax.set_title(f"{layer}: distance", size=TEXT_PT, color=INK, loc="left")
        ax = axes[row][-1]
        draw_lines(ax, one, one.probability, names)
        ax.set_ylim(0, 1.02)
        if row == 0:
            ax.set_title("probability of its class", size=TEXT_PT, color=INK, loc="left")
    lines, words = axes[0][1].get_legend_handles_labels()
    figure.legend(
        lines, words, loc="outside lower left", ncols=len(words), frameon=False,
        fontsize=SMALL_PT + 0.5, labelcolor=INK,
    )  # fmt: skip
    return figure
