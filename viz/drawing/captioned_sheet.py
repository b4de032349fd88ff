"""Images to point at, each with a band of colour and a few lines under it."""

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import plotly.graph_objects as go

from viz.drawing.pointing import point_at_sheet
from viz.drawing.sheet import factor, sheet, shrink

TILE_PX, COLUMNS, LINE_PX, BAND_PX, GAP_PX = 128, 5, 16, 8, 8
LETTERS = 20  # of a line that fit under an image


def captioned_sheet(
    pictures: np.ndarray,
    customdata: Sequence[Any],
    captions: Sequence[Sequence[str]],
    hover: Sequence[str],
    colours: Sequence[str],
    *,
    lines: int,
    chosen: Any = None,
) -> go.Figure:
    """The images in rows of five.

    Args:
        pictures: (k, S, S, 3) uint8.
        customdata: What a click on each image returns.
        captions: Lines under each image; the last is drawn bold.
        hover: What the pointer tells about each image.
        colours: Of the band under each image.
        lines: Room for so many under each image.
        chosen: The entry of customdata to outline.
    """
    tiles = shrink(pictures / 255, TILE_PX)
    by = factor(tiles.shape[1], TILE_PX)
    under = BAND_PX + lines * LINE_PX
    pixels, grid = sheet(tiles, COLUMNS, gap=GAP_PX, enlarge=by, caption=under)
    figure = point_at_sheet(pixels, grid, customdata, hover, chosen=chosen)
    for place, (caption, colour) in enumerate(zip(captions, colours, strict=True)):
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
    return figure
