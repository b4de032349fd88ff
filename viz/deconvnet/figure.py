"""A projection beside the image that it explains."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from viz.drawing.colours import OKABE_ITO
from viz.drawing.sheet import channels_last, factor, full_contrast, grey_centred, sheet
from viz.drawing.style import GREY, head, pixel_axes, pixel_figure, show, side_bar

SIDE_PX = 256
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


def deconvnet_figure(
    picture: Tensor,
    projection: Tensor,
    *,
    layer: str,
    channel: int,
    box: Box | None = None,
) -> Figure:
    """The image beside what the deconvnet says one unit saw in it.

    Args:
        picture: What the network sees, (3, H, W) in [0, 1].
        projection: (3, H, W), signed.
        layer: Of the unit.
        channel: Of the unit.
        box: The unit's receptive field: top, left, bottom, right, half open.
    """
    enlarge = factor(picture.shape[-1], SIDE_PX)
    image = sheet(channels_last(picture)[None], enlarge=enlarge)[0]
    height, width = image.shape[:2]
    right = width + 18
    title = f"What {layer}, channel {channel} saw"
    reading = "orange: the square that the unit sees" if box else "from the strongest unit"
    figure = pixel_figure(right + width, height + 16, title, reading, bar=True)
    left_axes = pixel_axes(figure, 0, 16, width, height)
    show(left_axes, image)
    head(left_axes, "the network's input")
    right_axes = pixel_axes(figure, right, 16, width, height)
    draw_projection(right_axes, projection)
    head(right_axes, "projection")
    for ax in (left_axes, right_axes) if box else ():
        assert box is not None
        draw_field(ax, box, enlarge, picture.shape[-1])
        ax.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
    full = full_contrast(projection)
    scale = (GREY, -full, full, "in each of red, green, blue")
    side_bar(figure, right + width, height, scale, top=16)
    return figure
