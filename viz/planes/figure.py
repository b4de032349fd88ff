"""Filters of a deeper layer: a row of planes each, on one scale."""

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure

from viz.drawing.colours import signed_colours
from viz.drawing.pointing import NUMBER_ROOM_PX, ROW_NAME_PX, point_at_sheet
from viz.drawing.sheet import Grid, factor, sheet
from viz.drawing.style import QUIET, SIGNED, pixel_axes, pixel_figure, plain, show, side_bar
from viz.drawing.words import percent
from viz.planes.compute import Planes
from viz.planes.query import PlanesShown

PLANE_PX, NAME_PX, GAP = 42, 52, 4


def draw(shown: PlanesShown) -> Figure:
    """A row for each filter asked for."""
    title = f"Filters of {shown.layer} of {plain(shown.run)}, epoch {shown.epoch}"
    return planes_figure(shown.planes, high=shown.high, title=title, below=shown.below)


def planes_figure(planes: Planes, *, high: float, title: str, below: str) -> Figure:
    """A row for each filter, its heaviest planes from left to right.

    Args:
        planes: What to draw.
        high: Weight at the end of the scale.
        title: Whose they are.
        below: Name of the layer whose channels the planes look at.
    """
    pixels, grid = _sheet(planes, high)
    height, width = pixels.shape[:2]
    shown = planes.planes.shape[1]
    about = f"the {shown} heaviest of {planes.of} planes, numbers: channel of {below}"
    figure = pixel_figure(NAME_PX + width, height, title, about, bar=True)
    ax = pixel_axes(figure, NAME_PX, 0, width, height)
    show(ax, pixels)
    for index, source in enumerate(planes.source.flatten().tolist()):
        top, left = grid.corner(index)
        ax.text(left, top + grid.height + 1, source, size=6, color=QUIET, va="top")
    for row, channel in enumerate(planes.channel.tolist()):
        top, _ = grid.corner(row * grid.columns)
        middle = top + grid.height / 2
        ax.text(-8, middle, f"{channel}", size=8, ha="right", va="center")
    side_bar(figure, NAME_PX + width, height, (SIGNED, -high, high, "weight"))
    return figure


def planes_pointing(
    planes: Planes,
    *,
    high: float,
    below: str,
    chosen: tuple[int, int] | None = None,
    width_px: int = 640,
) -> go.Figure:
    """The same sheet to point at: a click returns the channel and the one below it.

    Args:
        planes: What to draw.
        high: Weight at the end of the scale.
        below: Name of the layer whose channels the planes look at.
        chosen: Channel and channel below of the plane to outline.
        width_px: Room for the sheet.
    """
    across = planes.planes.shape[1]
    room = (width_px - ROW_NAME_PX - 4) // across - GAP
    pixels, grid = _sheet(planes, high, room, NUMBER_ROOM_PX)
    customdata = [
        (channel, source)
        for channel, row in zip(planes.channel.tolist(), planes.source.tolist(), strict=True)
        for source in row
    ]
    hover = [
        f"channel {channel}, from {below} channel {source}<br>{percent(share)} of its energy"
        for (channel, source), share in zip(
            customdata, planes.share.flatten().tolist(), strict=True
        )
    ]
    numbers, rows = [source for _, source in customdata], planes.channel.tolist()
    return point_at_sheet(
        pixels, grid, customdata, hover, chosen=chosen, numbers=numbers, rows=rows
    )


def _sheet(
    planes: Planes, high: float, plane_px: int = PLANE_PX, caption: int = 11
) -> tuple[np.ndarray, Grid]:
    tiles = signed_colours(planes.planes.flatten(0, 1).numpy(), high)
    enlarge = factor(tiles.shape[1], plane_px)
    return sheet(tiles, planes.planes.shape[1], GAP, enlarge, caption)
