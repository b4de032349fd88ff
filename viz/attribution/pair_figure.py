"""Heat maps of a class in two networks: A, B and what B has more, a row for each method."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import plotly.graph_objects as go
import torch
from matplotlib.figure import Figure
from torch import Tensor

from viz.attribution.compute import METHODS, MethodName
from viz.attribution.figure import TILE_PX, heat_tile, point_at_tiles
from viz.attribution.pair import HeatsBeside
from viz.drawing.pairs import GAP_PX, MORE, draw_beside, lefts
from viz.drawing.scales import Scale
from viz.drawing.sheet import channels_last, full_contrast
from viz.drawing.style import AMOUNT, SIGNED, head, pixel_axes, pixel_figure, plain, show
from viz.occlusion.figure import panel_side

Which = Literal["first", "second", "difference"]
ROW_PX, NAMES_PX, COLUMNS = 28, 22, 2
READING = "each method has one scale for both networks, full at the 99th percentile"


def scale_of(heats: HeatsBeside, method: MethodName, which: Which = "first") -> Scale:
    """One for A and B, another about 0 for the difference; full at the 99th percentile."""
    if which == "difference":
        full = full_contrast(heats.difference[method])
        return SIGNED, -full, full
    full = full_contrast(torch.cat([heats.first[method].flatten(), heats.second[method].flatten()]))
    return (SIGNED, -full, full) if METHODS[method].is_signed else (AMOUNT, 0.0, full)


def attribution_beside_figure(
    picture: Tensor, heats: HeatsBeside, class_name: str, names: Sequence[str]
) -> Figure:
    """The image, and a row of maps for each method.

    Args:
        picture: What the first network sees, (3, H, W) in [0, 1].
        heats: Of both networks.
        class_name: Whose evidence is shown, as it may stand in a figure.
        names: Of the two networks.
    """
    side, difference = panel_side(picture, TILE_PX), heats.difference
    left, top, pitch = side + GAP_PX, 16 + NAMES_PX, side + ROW_PX
    height = top + len(heats.first) * pitch - ROW_PX
    title = f"What speaks for {class_name}"
    figure = pixel_figure(left + lefts(side)[3], height, title, READING)
    ax = pixel_axes(figure, 0, top, side, side)
    show(ax, channels_last(picture))
    head(ax, "A's input")
    words = [*(f"{who}: {plain(name, 26)}" for who, name in zip("AB", names, strict=True)), MORE]
    for at, each in zip(lefts(side), words if difference else words[:2], strict=False):
        head(pixel_axes(figure, left + at, 16, 1, 1), each)
    for row, (method, heat) in enumerate(heats.first.items()):
        axes = draw_beside(
            figure,
            (left, top + row * pitch),
            side,
            (heat, heats.second[method]),
            scale_of(heats, method),
            "for (+), against (−)" if METHODS[method].is_signed else "amount",
            difference.get(method),
            scale_of(heats, method, "difference") if method in difference else None,
        )
        head(axes[0], METHODS[method].name)
    return figure


def heats_pointing(heats: HeatsBeside, which: Which, *, chosen: MethodName) -> go.Figure:
    """All methods' maps of one network, or the differences; a click returns the method."""
    maps = getattr(heats, which)
    tiles = []
    for method, heat in maps.items():
        colours, _, full = scale_of(heats, method, which)
        tiles.append(heat_tile(heat, TILE_PX, is_signed=colours == SIGNED, full=full))
    return point_at_tiles(np.stack(tiles), list(maps), chosen=chosen, columns=COLUMNS)
