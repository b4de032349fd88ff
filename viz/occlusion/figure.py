"""Where the network looks: the panels of Zeiler & Fergus, figure 7, for print and to point at."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from textwrap import fill

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from torch import Tensor, cat, tensor

from viz.drawing.colours import class_colour, class_colours
from viz.drawing.panels import Classes, Heatmap
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
    plain,
    scale_bar,
    show,
)
from viz.drawing.words import percent
from viz.occlusion.compute import Occlusion, Tracked
from viz.occlusion.query import OcclusionShown, Row
from viz.top_patches.gallery import Gallery

PANEL_PX, BLOCK_PX, BAR_PX, LEGEND_PX = 224, 224, 78, 124
SIDE_PX, HEAD_PX, GAP_PX = 160, 18, 24  # of a sheet's rows
MOST_NAMES = 6
TOP_PREDICTIONS = 3  # classes that the pointer names
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


def map_scale(*tracked: Tracked) -> Scale:
    """Amounts from 0 to the largest total, the whole image's among them; signed totals about 0."""
    totals = [(each.activation, tensor(each.base)) for each in tracked]
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


def draw(shown: OcclusionShown) -> Figure:
    """All panels of one image, or a sheet with a row for each of several."""
    return _panels(shown) if len(shown.rows) == 1 else _sheet(shown)


def _panels(shown: OcclusionShown) -> Figure:
    """Image, total of the strongest channel, probability of the class, most probable class.

    Below them: what that channel's strongest unit saw in this image, and its strongest patches in
    others, where they are known.
    """
    [row], classes, layer = shown.rows, shown.classes, shown.layer
    picture, found, label = row.picture, row.found, row.label
    side, name, tracked = panel_side(picture), class_name(classes, label), found.tracked(layer)
    lefts = (0, side + 24, 2 * side + 24 + BAR_PX, 3 * side + 24 + 2 * BAR_PX)
    title = f"Where the network looks for {name}"
    reading = (
        f"a window of {found.window} px in steps of {found.stride} px; uncovered, "
        f"P({name}) is {number(float(found.base[label]))}; "
        "dark: covering this spot costs the network its answer"
    )
    below = _below(shown.own, shown.others)
    height = side + 16 + (max(tiles.shape[0] for tiles, _ in below) + 40 if below else 0)
    figure = pixel_figure(lefts[-1] + side + LEGEND_PX, height, title, reading)
    image, activation, probability, predicted = (
        pixel_axes(figure, left, 16, side, side) for left in lefts
    )
    draw_picture(image, picture, found.window)
    head(image, "input, its corner covered")
    cax = pixel_axes(figure, lefts[1] + side + 8, 16, 9, side)
    draw_heatmap(activation, cax, tracked.activation, map_scale(tracked), "sum over the map")
    head(activation, f"{layer}, channel {tracked.channel}")
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


def _sheet(shown: OcclusionShown) -> Figure:
    """For each image: itself, the probability of its class, the most probable class."""
    side, square = panel_side(shown.rows[0].picture, SIDE_PX), shown.rows[0].found
    reading = (
        f"a window of {square.window} px in steps of {square.stride} px; "
        "dark: covering this spot costs the network its answer"
    )
    pitch = HEAD_PX + side + GAP_PX
    height = len(shown.rows) * pitch - GAP_PX
    figure = pixel_figure(_lefts(side)[-1], height, "Where the network looks", reading)
    for place, row in enumerate(shown.rows):
        top = place * pitch + HEAD_PX
        _draw_row(figure, top, side, row, shown.classes, plain(row.name, 28))
    return figure


def draw_row(row: Row, classes: Sequence[str]) -> Figure:
    """One of the sheet's rows as a figure of its own."""
    side = panel_side(row.picture, SIDE_PX)
    whole = number(round(float(row.found.base[row.label]), 3))
    reading = f"uncovered, P({class_name(classes, row.label)}) is {whole}"
    figure = pixel_figure(_lefts(side)[-1], HEAD_PX + side, plain(row.name, 60), reading)
    _draw_row(figure, HEAD_PX, side, row, classes, "input, its corner covered")
    return figure


def _lefts(side: int) -> tuple[int, int, int, int]:
    """Where the three panels of a row begin and the legend ends, in pixels."""
    third = 2 * side + GAP_PX + BAR_PX
    return 0, side + GAP_PX, third, third + side + LEGEND_PX


def _draw_row(
    figure: Figure, top: int, side: int, row: Row, classes: Sequence[str], words: str
) -> None:
    lefts = _lefts(side)
    image, probability, predicted = (
        pixel_axes(figure, left, top, side, side) for left in lefts[:3]
    )
    draw_picture(image, row.picture, row.found.window)
    head(image, words)
    uncovered = f"uncovered {number(round(float(row.found.base[row.label]), 3))}"
    cax = pixel_axes(figure, lefts[1] + side + 8, top, 9, side)
    draw_heatmap(probability, cax, row.found.probability[..., row.label], CERTAIN, uncovered)
    head(probability, f"P({class_name(classes, row.label)})")
    draw_predicted(predicted, row.found.predicted, classes)
    head(predicted, "most probable class")


def _below(own: Gallery | None, others: Gallery | None) -> list[tuple[np.ndarray, str]]:
    """The second row: pixels (h, w, 4) and what they are."""
    found = []
    if own is not None:
        patch, projection = block_of(own)
        found += [(patch, "what its strongest unit saw here"), (projection, "its projection")]
    if others is not None:
        patch, projection = block_of(others)
        found += [(patch, "top patches of the validation set"), (projection, "their projections")]
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
