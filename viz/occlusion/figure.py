"""Where the network looks: the panels of Zeiler & Fergus, figure 7, for print and to point at."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from torch import Tensor, cat, tensor

from viz.drawing.colours import class_colour, class_colours
from viz.drawing.outline import framed
from viz.drawing.placed import Frame, PlacedMap, fill_frame, frame_side
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
    SIGNED,
    SMALL_PT,
    class_name,
    head,
    number,
    pixel_axes,
    pixel_figure,
    plain,
    show,
)
from viz.drawing.words import from_to, percent
from viz.occlusion.compute import Cell, Occlusion, Tracked, argmin_cell
from viz.occlusion.query import MapScale, OcclusionLook, OcclusionShown, Row
from viz.top_patches.gallery import Gallery

PANEL_PX, BLOCK_PX, BAR_PX, LEGEND_PX = 224, 224, 78, 124
SIDE_PX, HEAD_PX, GAP_PX = 160, 18, 24  # of a sheet's rows
MOST_NAMES = 6
TOP_PREDICTIONS = 3  # classes that the pointer names
LETTERS, LONGEST = 20, 130  # of a line of the legend, and of a title
FLOOR = 0.5  # of log odds: 50 % → 38 %, or 98.0 % → 96.7 %
NARROWEST = 0.01  # range of probability
COSTLIEST = "input; orange: what costs most"
READING = {
    "log-odds": "blue: covering this place costs the class",
    "probability": "dark: covering this place costs the class",
    "own": "dark: covering this place costs the class",
}


def image_in(picture: Tensor, side: int, box: Sequence[int] | None = None) -> np.ndarray:
    """An image (3, S, S) at exactly that side, (side, side, 3) uint8; a window on it in orange."""
    pixels = fill_frame(channels_last(picture), side)
    return pixels if box is None else framed(pixels, box, side / picture.shape[-1])


def panel_side(picture: Tensor, wanted: int = PANEL_PX) -> int:
    """Side of a panel, in pixels."""
    return frame_side(picture.shape[-1], wanted)


def class_scale(scale: MapScale, found: Sequence[Occlusion], label: int) -> tuple[Scale, str]:
    """The scale of a class's maps of one or more networks, and what it measures.

    The change in log odds has its largest size in full colour, but at least `FLOOR`, so that what
    hardly changes stays pale; P may have its own range, of `NARROWEST` at least.
    """
    if scale == "log-odds":
        full = max(FLOOR, *(float(one.change(label).abs().max()) for one in found))
        return (SIGNED, -full, full), "change in log odds"
    if scale == "probability":
        return (AMOUNT, 0.0, 1.0), "P from 0 to 1"
    maps = [one.probability[..., label] for one in found]
    low, high = (min(float(each.min()) for each in maps), max(float(each.max()) for each in maps))
    if high - low < NARROWEST:
        low = min(max((low + high - NARROWEST) / 2, 0.0), 1 - NARROWEST)
        high = low + NARROWEST
    return (AMOUNT, low, high), "P, own range"


def class_values(scale: MapScale, found: Occlusion, label: int) -> np.ndarray:
    """(rows, cols) of what that scale measures."""
    return as_array(found.change(label) if scale == "log-odds" else found.probability[..., label])


def map_scale(*tracked: Tracked) -> Scale:
    """Amounts from 0 to the largest total, the whole image's among them; signed totals about 0."""
    totals = [(each.activation, tensor(each.base)) for each in tracked]
    return common_scale(*(part for pair in totals for part in pair))


def name_classes(ax: Axes, occurring: Sequence[int], classes: Sequence[str]) -> None:
    """Which colour is which class, at the right of the axes."""
    patches = [
        Patch(facecolor=class_colour(index), label=class_name(classes, index, LETTERS))
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


@dataclass(frozen=True)
class OcclusionPanels:
    """The three maps of figure 7, in the image's frame; the pointer tells the same on each."""

    probability: PlacedMap
    activation: PlacedMap
    predicted: PlacedMap


def draw(shown: OcclusionShown) -> Figure:
    """All panels of one image, or a sheet with a row for each of several."""
    return _panels(shown) if len(shown.rows) == 1 else _sheet(shown)


def _panels(shown: OcclusionShown) -> Figure:
    """Image, class map, most probable class, strongest map.

    Below them: what that channel's strongest unit saw in this image, and its strongest patches in
    others, where they are known.
    """
    [row], classes, layer = shown.rows, shown.classes, shown.layer
    side, found = panel_side(row.picture), row.found
    third = 2 * side + GAP_PX + BAR_PX
    lefts = (0, side + GAP_PX, third, third + side + LEGEND_PX + GAP_PX)
    reading = (
        f"{plain(row.name, 40)}; a window of {found.window} px in steps of {found.stride} px, "
        f"maps drawn at its centre; {READING[shown.look.scale]}"
    )
    below = _below(shown.own, shown.others)
    height = side + 16 + (max(tiles.shape[0] for tiles, _ in below) + 40 if below else 0)
    title = plain(row.words(classes), LONGEST)
    figure = pixel_figure(lefts[-1] + side + BAR_PX, height, title, reading)
    _draw_image(figure, 16, side, row, COSTLIEST)
    maps = panels_of(found, row.picture, classes, row.label, layer, shown.look, side)
    _draw_maps(figure, lefts[1:3], 16, maps, row, classes)
    head(
        maps.activation.draw(figure, lefts[3], 16),
        f"{layer}, channel {found.tracked(layer).channel}",
    )
    maps.activation.draw_scale(figure, lefts[3] + side, 16)
    for left, (tiles, words) in zip(lefts, below, strict=False):
        ax = pixel_axes(figure, left, side + 52, tiles.shape[1], tiles.shape[0])
        show(ax, tiles)
        head(ax, words)
    return figure


def _sheet(shown: OcclusionShown) -> Figure:
    """For each image: itself, its class's map, the most probable class."""
    side, square = panel_side(shown.rows[0].picture, SIDE_PX), shown.rows[0].found
    reading = (
        f"a window of {square.window} px in steps of {square.stride} px, maps drawn at its centre; "
        f"{READING[shown.look.scale]}"
    )
    pitch = HEAD_PX + side + GAP_PX
    height = len(shown.rows) * pitch - GAP_PX
    figure = pixel_figure(_lefts(side)[-1], height, "Where the network looks", reading)
    for place, row in enumerate(shown.rows):
        top = place * pitch + HEAD_PX
        _draw_row(figure, top, side, row, shown, plain(row.name, 28))
    return figure


def draw_row(row: Row, shown: OcclusionShown) -> Figure:
    """One of the sheet's rows as a figure of its own."""
    side = panel_side(row.picture, SIDE_PX)
    title, reading = plain(row.name, 60), plain(row.words(shown.classes), LONGEST)
    figure = pixel_figure(_lefts(side)[-1], HEAD_PX + side, title, reading)
    _draw_row(figure, HEAD_PX, side, row, shown, COSTLIEST)
    return figure


def _lefts(side: int) -> tuple[int, int, int, int]:
    """Where the three panels of a row begin and the legend ends, in pixels."""
    third = 2 * side + GAP_PX + BAR_PX
    return 0, side + GAP_PX, third, third + side + LEGEND_PX


def _draw_row(
    figure: Figure, top: int, side: int, row: Row, shown: OcclusionShown, words: str
) -> None:
    classes = shown.classes
    _draw_image(figure, top, side, row, words)
    maps = panels_of(
        row.found, row.picture, classes, row.label, row.found.layers[-1], shown.look, side
    )
    _draw_maps(figure, _lefts(side)[1:3], top, maps, row, classes)


def _draw_image(figure: Figure, top: int, side: int, row: Row, words: str) -> None:
    """The input, the window that costs most in orange."""
    ax = pixel_axes(figure, 0, top, side, side)
    show(ax, image_in(row.picture, side, box_of(row.found, argmin_cell(row.found, row.label))))
    head(ax, words)


def box_of(found: Occlusion, cell: Cell) -> tuple[int, int, int, int]:
    """A cell's window on the image: top, left, bottom, right, px."""
    top, left = (place * found.stride for place in cell)
    return top, left, top + found.window, left + found.window


def _draw_maps(
    figure: Figure,
    lefts: Sequence[int],
    top: int,
    maps: OcclusionPanels,
    row: Row,
    classes: Sequence[str],
) -> None:
    """The class's map and the most probable class."""
    of_class = maps.probability
    head(of_class.draw(figure, lefts[0], top), f"P({class_name(classes, row.label)})")
    of_class.draw_scale(figure, lefts[0] + of_class.side, top)
    predicted = maps.predicted.draw(figure, lefts[1], top)
    name_classes(predicted, frequent(row.found.predicted), classes)
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


def panels_of(
    found: Occlusion,
    picture: Tensor,
    classes: Sequence[str],
    label: int,
    layer: str,
    look: OcclusionLook,
    side: int = PANEL_PX,
    *,
    of_class: tuple[Scale, str] | None = None,
    totals: Scale | None = None,
) -> OcclusionPanels:
    """The maps to point at; a click gives [row, column] of the cell.

    Args:
        found: Of the sliding window.
        picture: The image, (3, S, S) in [0, 1].
        classes: Names of all classes.
        label: Class whose probability is drawn.
        layer: Whose strongest channel is drawn.
        look: On which scale, and how much of the image shows through.
        side: In pixels.
        of_class: Scale of the class's map, where others share it; its own if not given.
        totals: Scale of the channel's map, likewise.
    """
    tracked, predicted = found.tracked(layer), as_array(found.predicted)
    frame = Frame(channels_last(picture), found.window, found.stride, look.opacity / 100)
    hover = _hover(found, classes, label, tracked)
    scale, words = of_class or class_scale(look.scale, [found], label)
    values, totals = class_values(look.scale, found, label), totals or map_scale(tracked)
    sums = as_array(tracked.activation)
    colours = class_colours(predicted.flatten().tolist()).reshape(*predicted.shape, 3)
    return OcclusionPanels(
        PlacedMap.of_values(values, scale, words, frame, hover, side),
        PlacedMap.of_values(sums, totals, "sum over the map", frame, hover, side),
        PlacedMap(colours, frame, hover, side),
    )


def _hover(
    found: Occlusion, classes: Sequence[str], label: int, tracked: Tracked
) -> list[list[str]]:
    """Of each cell: the class asked for, the three most probable ones, the channel's total."""
    whole = float(found.base[label])
    best = found.probability.topk(min(TOP_PREDICTIONS, len(classes)), dim=2)

    def hover(row: int, col: int) -> str:
        ranked = zip(best.indices[row, col].tolist(), best.values[row, col].tolist(), strict=True)
        lines = [
            f"Window at row {row * found.stride}, column {col * found.stride} px",
            f"P({classes[label]}) {from_to(whole, float(found.probability[row, col, label]))}",
            *(f"{place}. {classes[i]} {percent(p)}" for place, (i, p) in enumerate(ranked, 1)),
            f"{tracked.layer}, channel {tracked.channel}: "
            f"{number(float(tracked.activation[row, col]))}",
        ]
        return "\n".join(lines)

    rows, cols = found.shape
    return [[hover(row, col) for col in range(cols)] for row in range(rows)]
