"""A projection beside the image that it explains."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from viz.deconvnet.query import DeconvnetShown
from viz.drawing.colours import OKABE_ITO
from viz.drawing.sheet import channels_last, factor, full_contrast, grey_centred, sheet
from viz.drawing.style import GREY, head, number, pixel_axes, pixel_figure, show, side_bar

SIDE_PX, BAR_PX = 256, 90
PALE = 0.45  # contrast left to a picture below its projection
Box = Sequence[int]


def draw_projection(ax: Axes, projection: Tensor) -> None:
    """One projection (3, H, W), signed, on its own symmetric scale; mid grey is zero."""
    tiles = grey_centred(projection)[None]
    show(ax, sheet(tiles, enlarge=factor(tiles.shape[1], SIDE_PX))[0])


def draw_field(ax: Axes, box: Box, enlarge: int, side: int) -> None:
    """The square that the unit sees, as far as it lies in the image of that side (pixels)."""
    # half the line's width inside, so that it shows along the image's own edge
    top, left = (max(enlarge * edge, 0) + 1.4 for edge in box[:2])
    bottom, right = (min(enlarge * edge, enlarge * side) - 2.4 for edge in box[2:])
    corner, width, height = (left, top), right - left, bottom - top
    for colour, line in (("white", 2.6), (OKABE_ITO[1], 1.3)):  # seen on any picture
        ax.add_patch(Rectangle(corner, width, height, fill=False, edgecolor=colour, linewidth=line))


def draw(shown: DeconvnetShown) -> Figure:
    """The image beside what the deconvnet says one unit saw in it, and the control if any."""
    enlarge = factor(shown.picture.shape[-1], SIDE_PX)
    image = sheet(channels_last(shown.picture)[None], enlarge=enlarge)[0]
    height, width = image.shape[:2]
    right, other = width + 18, shown.seen.control
    far = right + width + BAR_PX  # where the control begins
    title = f"What {shown.layer}, channel {shown.channel} saw"
    reading = "orange: the square that the unit sees"
    if other is not None:
        alike = "none" if math.isnan(other.similarity) else number(round(other.similarity, 2))
        reading += f"; rank correlation with the control: {alike}"
    whole = right + width if other is None else far + width
    figure = pixel_figure(whole, height + 16, title, reading, bar=True)
    left_axes = pixel_axes(figure, 0, 16, width, height)
    show(left_axes, image)
    head(left_axes, "the network's input")
    panels = [(right, shown.seen.projection, "projection")]
    if other is not None:
        panels.append((far, other.projection, f"control: channel {other.channel}, same place"))
    axes = [left_axes]
    for left, projection, words in panels:
        axes.append(pixel_axes(figure, left, 16, width, height))
        draw_projection(axes[-1], projection)
        head(axes[-1], words)
        full = full_contrast(projection)
        scale = (GREY, -full, full, "in each of red, green, blue")
        side_bar(figure, left + width, height, scale, top=16)
    for ax in axes:
        draw_field(ax, shown.box, enlarge, shown.picture.shape[-1])
        ax.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
    return figure


def projection_over(picture: Tensor, projection: Tensor) -> Tensor:
    """The projection (3, H, W) over a pale grey picture (3, H, W) in [0, 1]; colours in [0, 1].

    On its own symmetric scale; where it is zero the picture shows alone.
    """
    grey = picture.mean(0, keepdim=True)
    pale = 0.5 + PALE * (grey - 0.5)
    return (pale + 0.5 * projection / full_contrast(projection)).clamp(0, 1)
