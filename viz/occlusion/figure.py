"""Where the network looks: the panels of Zeiler & Fergus, figure 7."""

from collections.abc import Sequence
from math import ceil
from textwrap import fill

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from torch import Tensor, cat, tensor

from viz.drawing.colours import class_colour, class_colours
from viz.drawing.scales import Scale, common_scale
from viz.drawing.sheet import (
    as_array,
    channels_last,
    factor,
    sheet,
    shrink,
    small_projections,
)
from viz.drawing.style import (
    AMOUNT,
    INK,
    PAPER,
    SMALL_PT,
    class_name,
    head,
    number,
    pixel_axes,
    pixel_figure,
    scale_bar,
    show,
)
from viz.occlusion.compute import Occlusion, Watched
from viz.top_patches.gallery import Gallery

PANEL_PX, BLOCK_PX, BAR_PX, LEGEND_PX = 224, 224, 78, 124
MOST_NAMES = 6
CERTAIN: Scale = (AMOUNT, 0.0, 1.0)


def draw_picture(ax: Axes, picture: Tensor, window: int) -> None:
    """The image (3, H, W) covered at cell (0, 0); a line around the square, to scale."""
    show(ax, channels_last(picture))  # the axes is as large as `panel_side` says
    for colour, line in ((INK, 2.0), (PAPER, 1.0)):  # seen on any picture
        frame = Rectangle((-0.5, -0.5), window, window, fill=False, edgecolor=colour, lw=line)
        ax.add_patch(frame)
    ax.set(xlim=(-0.5, picture.shape[2] - 0.5), ylim=(picture.shape[1] - 0.5, -0.5))


def panel_side(picture: Tensor, wanted: int = PANEL_PX) -> int:
    """Side of a panel, in pixels: the image's own, times a whole factor or divided by one."""
    side = picture.shape[-1]
    return side * factor(side, wanted) if side <= wanted else side // ceil(side / wanted)


def draw_heatmap(ax: Axes, cax: Axes, heatmap: Tensor, scale: Scale, label: str) -> None:
    """A map (rows, cols) on a fixed scale with its bar."""
    colours, low, high = scale
    show(ax, as_array(heatmap), cmap=colours, vmin=low, vmax=high)
    figure = ax.get_figure()
    assert isinstance(figure, Figure)
    scale_bar(figure, cax, colours, low, high, label)


def map_scale(*watched: Watched) -> Scale:
    """Amounts from 0 to the largest total, the whole image's among them; signed totals about 0."""
    totals = [(each.activation, tensor(each.base)) for each in watched]
    return common_scale(*(part for pair in totals for part in pair))


def draw_predicted(ax: Axes, predicted: Tensor, classes: Sequence[str]) -> None:
    """The most probable class of each cell; names of those that occur, most frequent first."""
    draw_classes(ax, predicted)
    name_classes(ax, frequent(predicted), classes)


def draw_classes(ax: Axes, predicted: Tensor) -> None:
    """The most probable class of each cell (rows, cols) in its colour."""
    cells = as_array(predicted)
    show(ax, class_colours(cells.flatten().tolist()).reshape(*cells.shape, 3))


def name_classes(ax: Axes, occurring: Sequence[int], classes: Sequence[str]) -> None:
    """Which colour is which class, at the right of the axes."""
    patches = [
        Patch(facecolor=class_colour(index), label=fill(class_name(classes, index, 40), 20))
        for index in occurring[:MOST_NAMES]
    ]
    if len(occurring) > MOST_NAMES:
        more = f"and {len(occurring) - MOST_NAMES} more"
        patches.append(Patch(facecolor="none", edgecolor="none", label=more))
    ax.legend(
        handles=patches,
        loc="upper left",
        bbox_to_anchor=(1.0, 1.02),
        frameon=False,
        fontsize=SMALL_PT,
        labelcolor=INK,
        handlelength=1,
        handleheight=1,
    )


def frequent(*predicted: Tensor) -> list[int]:
    """The classes that occur in any of the maps, most frequent first."""
    cells = cat([each.flatten() for each in predicted])
    indices, counts = cells.unique(return_counts=True)
    return indices[counts.argsort(descending=True, stable=True)].tolist()


def occlusion_figure(
    picture: Tensor,
    found: Occlusion,
    classes: Sequence[str],
    *,
    label: int,
    layer: str,
    own: Gallery | None = None,
    others: Gallery | None = None,
) -> Figure:
    """Image, total of the strongest channel, probability of the class, most probable class.

    Below them, where they are given: what that channel's strongest unit saw in this image, and
    its strongest patches in others.

    Args:
        picture: What the network sees at the first place, (3, H, W) in [0, 1].
        found: Of the sliding square.
        classes: Names of all classes.
        label: Class whose probability is drawn.
        layer: Whose strongest channel is drawn.
        own: (1, 1) the strongest unit of that channel in this image.
        others: (1, k) the strongest patches of that channel.
    """
    side, name, watched = panel_side(picture), class_name(classes, label), found.watched(layer)
    lefts = (0, side + 24, 2 * side + 24 + BAR_PX, 3 * side + 24 + 2 * BAR_PX)
    title = f"Where the network looks for {name}"
    reading = (
        f"a square of {found.window} px in steps of {found.stride} px; uncovered, "
        f"P({name}) is {number(float(found.base[label]))}; "
        "dark: covering this spot costs the network its answer"
    )
    below = _below(own, others)
    height = side + 16 + (max(tiles.shape[0] for tiles, _ in below) + 40 if below else 0)
    figure = pixel_figure(lefts[-1] + side + LEGEND_PX, height, title, reading)
    image, activation, probability, predicted = (
        pixel_axes(figure, left, 16, side, side) for left in lefts
    )
    draw_picture(image, picture, found.window)
    head(image, "input, its corner covered")
    cax = pixel_axes(figure, lefts[1] + side + 8, 16, 9, side)
    draw_heatmap(activation, cax, watched.activation, map_scale(watched), "sum over the map")
    head(activation, f"{layer}, channel {watched.channel}")
    cax = pixel_axes(figure, lefts[2] + side + 8, 16, 9, side)
    draw_heatmap(probability, cax, found.probability[..., label], CERTAIN, "probability")
    head(probability, f"P({name})")
    draw_predicted(predicted, found.predicted, classes)
    head(predicted, "most probable class")
    for left, (tiles, words) in zip(lefts, below, strict=False):
        ax = pixel_axes(figure, left, side + 52, tiles.shape[1], tiles.shape[0])
        show(ax, tiles)
        head(ax, words)
    return figure


def _below(own: Gallery | None, others: Gallery | None) -> list[tuple[np.ndarray, str]]:
    """The second row: pixels (h, w, 4) and what they are."""
    found = []
    if own is not None:
        patch, projection = block_of(own)
        found += [(patch, "what its strongest unit saw here"), (projection, "its projection")]
    if others is not None:
        patch, projection = block_of(others)
        found += [(patch, "what excites it most elsewhere"), (projection, "their projections")]
    return found


def block_of(gallery: Gallery) -> tuple[np.ndarray, np.ndarray]:
    """Patches and projections of one channel, one or nine of them, as squares (h, w, 4) alike."""
    columns = ceil(gallery.patch.shape[1] ** 0.5)
    room = (BLOCK_PX - 2 * (columns - 1)) // columns
    patches = shrink(channels_last(gallery.patch[0]), room)
    projections = small_projections(gallery.projection[0], room)
    by = factor(patches.shape[1], room)
    patch, projection = (sheet(tiles, columns, enlarge=by)[0] for tiles in (patches, projections))
    return patch, projection
