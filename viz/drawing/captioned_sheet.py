"""Images to point at, each with a band of colour and a few lines under it."""

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import plotly.graph_objects as go

from viz.drawing.colours import OKABE_ITO
from viz.drawing.pointing import point_at_sheet
from viz.drawing.sheet import Grid, factor, sheet, shrink

TILE_PX, WIDTH_PX, LINE_PX, BAND_PX, GAP_PX = 128, 690, 16, 8, 10
MOST_GAP_PX, EDGE_PX = 26, 4
LETTERS = 19  # of a line that fit under an image
# a frame is solid where it is right and dashed where it is wrong: nothing by colour alone
FRAMES = {
    True: {"color": OKABE_ITO[2], "dash": "solid"},
    False: {"color": OKABE_ITO[5], "dash": "dash"},
}


def columns_for(side: int, width_px: int) -> int:
    """How many images of that side stand in a row."""
    tile = tile_px(side)
    return max(2, (width_px - EDGE_PX + GAP_PX) // (tile + GAP_PX))


def tile_px(side: int) -> int:
    """Side at which images of that side are drawn."""
    small = -(-side // -(-side // TILE_PX))
    return small * factor(small, TILE_PX)


def captioned_sheet(
    pictures: np.ndarray,
    customdata: Sequence[Any],
    captions: Sequence[Sequence[str]],
    hover: Sequence[str],
    colours: Sequence[str],
    *,
    width_px: int = WIDTH_PX,
    right: Sequence[bool] | None = None,
    chosen: Any = None,
) -> go.Figure:
    """The images in rows that fill a width.

    Args:
        pictures: (k, S, S, 3) uint8.
        customdata: What a click on each image returns.
        captions: Lines under each image; the last is drawn bold.
        hover: What the pointer tells about each image.
        colours: Of the band under each image.
        width_px: Of the whole sheet.
        right: Whether each image is right, if that is known: framed so.
        chosen: The entry of customdata to outline.
    """
    tiles = shrink(pictures / 255, TILE_PX)
    by, columns = factor(tiles.shape[1], TILE_PX), columns_for(pictures.shape[1], width_px)
    room = (width_px - EDGE_PX - columns * tiles.shape[1] * by) // (columns - 1)
    gap = min(max(room, GAP_PX), MOST_GAP_PX)
    under = BAND_PX + max(map(len, captions), default=1) * LINE_PX
    pixels, grid = sheet(tiles, columns, gap=gap, enlarge=by, caption=under)
    figure = point_at_sheet(pixels, grid, customdata, hover, chosen=chosen)
    for place, (caption, colour) in enumerate(zip(captions, colours, strict=True)):
        _write_under(figure, grid, place, caption, colour)
        if right is not None and customdata[place] != chosen:
            top, left = grid.corner(place)
            figure.add_shape(
                type="rect", x0=left + 1, x1=left + grid.width - 2, y0=top + 1,
                y1=top + grid.height - 2, line={"width": 4, **FRAMES[right[place]]},
            )  # fmt: skip
    return figure


def _write_under(
    figure: go.Figure, grid: Grid, place: int, caption: Sequence[str], colour: str
) -> None:
    top, left = grid.corner(place)
    bottom = top + grid.height
    figure.add_shape(
        type="rect",
        x0=left - 0.5,
        x1=left + grid.width - 0.5,
        y0=bottom + 1,
        y1=bottom + 5,
        fillcolor=colour,
        line_width=0,
    )
    *plain, bold = map(escape, caption)
    figure.add_annotation(
        x=left - 0.5,
        y=bottom + 6,
        text="<br>".join([*plain, f"<b>{bold}</b>"]),
        showarrow=False,
        align="left",
        xanchor="left",
        yanchor="top",
        font={"size": 12},
    )
