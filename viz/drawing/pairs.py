"""A | B | B − A: two maps on one scale, and beside them what the second has more."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from viz.drawing.scales import Scale, difference_scale
from viz.drawing.sheet import as_array
from viz.drawing.style import pixel_axes, scale_bar, show

GAP_PX, BAR_PX = 24, 78
MORE = "B − A"


def lefts(side: int) -> tuple[int, int, int, int]:
    """Where A, B and B − A begin, and where the last bar ends, in pixels."""
    difference = 2 * (side + GAP_PX) + BAR_PX - GAP_PX
    return 0, side + GAP_PX, difference, difference + side + BAR_PX


def draw_beside(
    figure: Figure,
    corner: tuple[int, int],
    side: int,
    maps: tuple[Tensor, Tensor],
    scale: Scale,
    label: str,
    difference: Tensor | None = None,
    more: Scale | None = None,
) -> list[Axes]:
    """Two maps, one bar for both, and the difference with its own.

    Args:
        figure: Of pixels.
        corner: (left, top) of the first map.
        side: Of each map, px.
        maps: (rows, cols) each; their sizes may differ.
        scale: Of both.
        label: What the scale measures.
        difference: (rows, cols) second − first, where there is one.
        more: Its scale; from its largest value if not given.

    Returns:
        The axes of the maps and of the difference, for their titles.
    """
    left, top = corner
    colours, low, high = scale
    axes = []
    for each, at in zip(maps, lefts(side), strict=False):
        axes.append(pixel_axes(figure, left + at, top, side, side))
        show(axes[-1], as_array(each), cmap=colours, vmin=low, vmax=high)
    bar = pixel_axes(figure, left + lefts(side)[1] + side + 8, top, 9, side)
    scale_bar(figure, bar, colours, low, high, label)
    if difference is not None:
        at = left + lefts(side)[2]
        axes.append(pixel_axes(figure, at, top, side, side))
        colours, low, high = more or difference_scale(difference)
        show(axes[-1], as_array(difference), cmap=colours, vmin=low, vmax=high)
        bar = pixel_axes(figure, at + side + 8, top, 9, side)
        scale_bar(figure, bar, colours, low, high, f"{MORE}, {label}")
    return axes
