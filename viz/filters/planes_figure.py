"""One first-layer filter, enlarged: as a colour picture and as its three planes."""

from matplotlib.figure import Figure
from torch import Tensor

from viz.drawing.sheet import factor, sheet
from viz.drawing.style import (
    SIGNED,
    head,
    pixel_axes,
    pixel_figure,
    show,
    side_bar,
)

COLOUR_PX, PLANE_PX, GAP_PX = 200, 84, 22


def filter_planes_figure(weight: Tensor, tile: Tensor, *, title: str, high: float) -> Figure:
    """The filter in colour above what it adds and takes away in red, green and blue.

    Args:
        weight: (3, h, w), or (1, h, w) of a filter for grey images.
        tile: The same as a picture, (h, w, 3) in [0, 1].
        title: Which filter it is.
        high: Weight at the end of the planes' scale, the same for all filters that compare.
    """
    enlarge = factor(weight.shape[1], PLANE_PX)
    plane_height, plane_width = (enlarge * side for side in weight.shape[1:])
    colour = sheet(tile[None], enlarge=factor(tile.shape[0], COLOUR_PX))[0]
    height, width = colour.shape[:2]
    pitch = plane_width + 10
    names = ("red", "green", "blue") if len(weight) == 3 else ("grey",)
    total = max(width, len(names) * pitch)
    top = height + GAP_PX
    figure = pixel_figure(total, top + plane_height, title, "red: adds, blue: takes away", bar=True)
    show(pixel_axes(figure, 0, 0, width, height), colour)
    planes = weight.numpy().repeat(enlarge, axis=1).repeat(enlarge, axis=2)
    for place, (plane, name) in enumerate(zip(planes, names, strict=True)):
        ax = pixel_axes(figure, place * pitch, top, plane_width, plane_height)
        show(ax, plane, cmap=SIGNED, vmin=-high, vmax=high)
        head(ax, name)
    scale = (SIGNED, -high, high, "weight")
    side_bar(figure, len(names) * pitch - 14, plane_height, scale, top=top)
    return figure
