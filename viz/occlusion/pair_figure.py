"""Where two networks look: A, B and what B has more, map by map on one scale."""

from collections.abc import Sequence

import plotly.graph_objects as go
from matplotlib.figure import Figure
from torch import Tensor

from viz.drawing.pairs import GAP_PX, MORE, draw_beside, lefts
from viz.drawing.pointing import point_at_heatmap
from viz.drawing.scales import PLOTLY, difference_scale
from viz.drawing.sheet import as_array
from viz.drawing.style import class_name, head, number, pixel_axes, pixel_figure, plain
from viz.occlusion.compute import Cell
from viz.occlusion.figure import (
    CERTAIN,
    draw_classes,
    draw_picture,
    frequent,
    map_scale,
    name_classes,
    panel_side,
)
from viz.occlusion.pair import OcclusionsBeside

ROW_PX = 34  # between rows, with their titles


def occlusion_beside_figure(
    picture: Tensor,
    pair: OcclusionsBeside,
    names: Sequence[str],
    *,
    label: int,
    layers: Sequence[str],
) -> Figure:
    """Rows of probability, most probable class and strongest map; columns of A, B and B − A.

    Args:
        picture: What the first network sees at the first place, (3, H, W) in [0, 1].
        pair: Of the sliding square.
        names: Of the two networks.
        label: Class whose probability is drawn.
        layers: Whose strongest channel is drawn, of each network.
    """
    both, side = (pair.first, pair.second), panel_side(picture)
    name, left, pitch = class_name(pair.classes, label), side + GAP_PX, side + ROW_PX
    whole = " and ".join(number(float(one.base[label])) for one in both)
    reading = (
        f"a square of {pair.first.window} px in steps of {pair.first.stride} px; uncovered, "
        f"P({name}) is {whole}; dark: covering this spot costs the network its answer"
    )
    title = f"Where two networks look for {name}"
    figure = pixel_figure(left + lefts(side)[3], 16 + 2 * pitch + side, title, reading)
    image = pixel_axes(figure, 0, 16, side, side)
    draw_picture(image, picture, pair.first.window)
    head(image, "input, its corner covered")
    axes = draw_beside(
        figure,
        (left, 16),
        side,
        (both[0].probability[..., label], both[1].probability[..., label]),
        CERTAIN,
        "probability",
        pair.difference(label),
    )
    words = [*(f"{who}: {plain(each, 30)}" for who, each in zip("AB", names, strict=True)), MORE]
    for ax, each in zip(axes, words, strict=False):
        head(ax, each)
    for one, at in zip(both, lefts(side), strict=False):
        ax = pixel_axes(figure, left + at, 16 + pitch, side, side)
        draw_classes(ax, one.predicted)
        head(ax, "most probable class")
    name_classes(ax, frequent(*(one.predicted for one in both)), pair.classes)
    seen = [one.watched(layer) for one, layer in zip(both, layers, strict=True)]
    axes = draw_beside(
        figure,
        (left, 16 + 2 * pitch),
        side,
        (seen[0].activation, seen[1].activation),
        map_scale(*seen),
        "sum over the map",
    )
    for ax, watched in zip(axes, seen, strict=True):
        head(ax, f"{watched.layer}, channel {watched.channel}")
    return figure


def difference_pointing(
    pair: OcclusionsBeside, *, label: int, chosen: Cell | None = None, side: int = 320
) -> go.Figure | None:
    """What B has more of P(class), to point at; a click returns [row, column] of the cell.

    Args:
        pair: Of the sliding square.
        label: The class.
        chosen: Cell to outline.
        side: In pixels.

    Returns:
        None where the two have no cells in common.
    """
    difference = pair.difference(label)
    if difference is None:
        return None
    a, b = (one.probability[..., label] for one in (pair.first, pair.second))
    stride = pair.first.stride

    def tell(row: int, column: int) -> str:
        values = (float(each[row, column]) for each in (a, b, difference))
        before, after, more = (f"{100 * value:.1f}".replace("-", "−") for value in values)
        return (
            f"Square at row {row * stride}, column {column * stride} px\n"
            f"A {before} %, B {after} %, {MORE} {more} points"
        )

    rows, columns = difference.shape
    colours, low, high = difference_scale(difference)
    return point_at_heatmap(
        as_array(difference),
        [[tell(row, column) for column in range(columns)] for row in range(rows)],
        colours=PLOTLY[colours],
        low=low,
        high=high,
        label=f"{MORE}, probability",
        chosen=chosen,
        side=side,
    )
