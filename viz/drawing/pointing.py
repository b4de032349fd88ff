"""Pictures to point at: an image below, a transparent layer of square markers above.

Only markers report a click (plotly's images and heatmaps do not), so every tile and every cell
has one, with what it stands for in `customdata`. The size in pixels is fixed: markers do not
grow with a stretched figure, and kernels stay enlarged by whole factors.
"""

import base64
import hashlib
from collections.abc import Sequence
from html import escape
from io import BytesIO
from typing import Any

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from viz.drawing.sheet import Grid
from viz.drawing.style import INK, PAPER, QUIET
from viz.drawing.style import number as in_digits

CHOSEN = "#e69f00"
NUMBER_PX, NUMBER_ROOM_PX = 11, 16  # of a number under a tile
ROW_NAME_PX = 40  # at the left of a row
NARROWEST_PX = 150  # Streamlit widens narrower figures, and then cuts them off
WEBP_PX = 16383  # a side that the format can hold
REMEMBERED = 24  # encoded pictures
BAR_PX = 90  # at the right of a heatmap: bar, numbers such as −0.002 and what they measure
CONFIG: dict[str, Any] = {"displayModeBar": False, "scrollZoom": False, "responsive": False}
"""Pass to plotly with each of these figures: no tool bar, nothing to drag."""


def point_at_sheet(
    pixels: np.ndarray,
    grid: Grid,
    customdata: Sequence[Any],
    hover: Sequence[str],
    *,
    chosen: Any = None,
    numbers: Sequence[object] = (),
    rows: Sequence[object] = (),
    edge_px: int = 2,
) -> go.Figure:
    """A contact sheet with one marker a tile.

    Args:
        pixels: (H, W, 4) uint8, the sheet.
        grid: Where each tile lies.
        customdata: What a click on each tile returns, in the order of the tiles.
        hover: What the pointer tells about each tile, in one or more lines.
        chosen: The entry of customdata to outline.
        numbers: What stands under each tile, in the room that the grid leaves for it.
        rows: What stands at the left of each row.
        edge_px: Room around the sheet, for the outline of what is chosen.
    """
    height, width = pixels.shape[:2]
    centres = [grid.centre(index) for index in range(grid.count)]
    figure = go.Figure(go.Image(source=data_uri(pixels), hoverinfo="skip"))
    figure.add_trace(
        _markers(centres, min(grid.height, grid.width), customdata, hover),
    )
    if chosen in customdata:
        y, x = grid.corner(list(customdata).index(chosen))
        _outline(figure, x - 1.5, y - 1.5, x + grid.width + 0.5, y + grid.height + 0.5)
    notes = numbers_under(grid, numbers, customdata, chosen) if numbers else []
    notes += _row_names(grid, rows)
    if notes:  # all at once: plotly checks those that are there again with each new one
        figure.update_layout(annotations=notes)
    top, left = -0.5 - edge_px, -0.5 - edge_px - (ROW_NAME_PX if rows else 0)
    right, bottom = width - 0.5 + edge_px, height - 0.5 + edge_px
    return _bare(figure, (left, right), (bottom, top), round(right - left), round(bottom - top))


def point_at_spots(
    pixels: np.ndarray,
    centres: Sequence[tuple[float, float]],
    size: float,
    customdata: Sequence[Any],
    hover: str | Sequence[str],
    outlines: Sequence[tuple[float, float, float, float]] = (),
    notes: Sequence[dict[str, Any]] = (),
) -> go.Figure:
    """A picture with markers anywhere on it.

    Args:
        pixels: (H, W, 4) uint8.
        centres: (y, x) of each marker; pixel 0 is around 0.
        size: Of all of them, in pixels.
        customdata: What a click on each returns.
        hover: What the pointer tells about each, or about all, with %{customdata[0]} and so on for
            what is said there.
        outlines: (top, left, bottom, right) of what is chosen, half open.
        notes: Words on it, such as `numbers_under` gives them.
    """
    height, width = pixels.shape[:2]
    figure = go.Figure(go.Image(source=data_uri(pixels), hoverinfo="skip"))
    if isinstance(hover, str):
        markers = _markers(centres, size, customdata)
        figure.add_trace(markers.update(hovertemplate=f"{hover}<extra></extra>"))
    else:
        figure.add_trace(_markers(centres, size, customdata, hover))
    for top, left, bottom, right in outlines:
        _outline(figure, left - 1.5, top - 1.5, right + 0.5, bottom + 0.5)
    if notes:
        figure.update_layout(annotations=list(notes))
    return _bare(figure, (-2.5, width + 1.5), (height + 1.5, -2.5), width + 4, height + 4)


def numbers_under(
    grid: Grid, numbers: Sequence[object], stands_for: Sequence[Any], chosen: Any
) -> list[dict[str, Any]]:
    """What stands under each tile of a sheet, bold where it stands for what is chosen."""
    found = []
    for index, (number, each) in enumerate(zip(numbers, stands_for, strict=True)):
        top, left = grid.corner(index)
        text = escape(str(number))
        words = f"<b>{text}</b>" if each == chosen else text
        found.append(_note(left - 0.5, top + grid.height, words, "left", "top"))
    return found


def _row_names(grid: Grid, rows: Sequence[object]) -> list[dict[str, Any]]:
    found = []
    for row, name in enumerate(rows):
        y, _ = grid.centre(row * grid.columns)
        found.append(_note(-8, y, f"<b>{escape(str(name))}</b>", "right", "middle"))
    return found


def _note(x: float, y: float, text: str, xanchor: str, yanchor: str) -> dict[str, Any]:
    return {
        "x": x,
        "y": y,
        "text": text,
        "showarrow": False,
        "xanchor": xanchor,
        "yanchor": yanchor,
        "borderpad": 0,
        "font": {"size": NUMBER_PX},
    }


def point_at_heatmap(
    values: np.ndarray,
    hover: Sequence[Sequence[str]],
    *,
    colours: str | list[tuple[float, str]],
    low: float,
    high: float,
    label: str = "",
    chosen: tuple[int, int] | None = None,
    side: int = 400,
) -> go.Figure:
    """A heatmap with one marker a cell; a click returns [row, column].

    Args:
        values: (rows, cols).
        hover: What the pointer tells about each cell, row by row.
        colours: A plotly colour scale.
        low: Value of its first colour.
        high: Value of its last colour.
        label: Of the scale bar; without one there is no bar.
        chosen: Cell to outline.
        side: Of the longer side, in pixels; rounded down to whole pixels a cell.
    """
    rows, columns = values.shape
    cell = max(2, side // max(rows, columns))
    bar = {
        "title": {"text": label, "side": "right"},
        "thickness": 10,
        "outlinewidth": 0,
        "tickfont": {"size": 11},
    }
    figure = go.Figure(
        go.Heatmap(
            z=values.tolist(),
            zmin=low,
            zmax=high,
            colorscale=colours,
            showscale=bool(label),
            colorbar=bar,
            hoverinfo="skip",
        )
    )
    places = [(row, column) for row in range(rows) for column in range(columns)]
    texts = [text for line in hover for text in line]
    figure.add_trace(_markers(places, cell, [list(place) for place in places], texts))
    if chosen is not None:
        row, column = chosen
        _outline(figure, column - 0.5, row - 0.5, column + 0.5, row + 0.5)
    width, height = columns * cell, rows * cell
    figure = _bare(figure, (-0.5, columns - 0.5), (rows - 0.5, -0.5), width, height)
    if label:
        figure.update_layout(width=width + BAR_PX, margin_r=BAR_PX)
    return figure


def add_bar(figure: go.Figure, colours: str, low: float, high: float, label: str) -> None:
    """A labelled scale at the right of a picture to point at.

    Args:
        figure: Of one of the functions above.
        colours: A plotly colour scale.
        low: Value of its first colour.
        high: Value of its last colour.
        label: What it measures.
    """
    ticks = [low, 0.0, high] if low < 0 < high else [low, (low + high) / 2, high]
    bar = {
        "title": {"text": label, "side": "right"},
        "thickness": 10,
        "outlinewidth": 0,
        "tickvals": ticks,
        "ticktext": [in_digits(tick) for tick in ticks],
        "tickfont": {"size": 11},
    }
    scale = {"colorscale": colours, "cmin": low, "cmax": high, "color": [low], "colorbar": bar}
    nothing = go.Scatter(x=[None], y=[None], mode="markers", marker=scale, hoverinfo="skip")
    figure.add_trace(nothing.update(showlegend=False))
    figure.update_layout(width=figure.layout.width + BAR_PX, margin_r=BAR_PX)


def point_at_shapes(
    figure: go.Figure,
    centres: Sequence[tuple[float, float]],
    sizes: Sequence[float],
    customdata: Sequence[Any],
    hover: Sequence[str],
    x: tuple[float, float],
    y: tuple[float, float],
) -> go.Figure:
    """Markers over whatever shapes a figure has, one pixel a unit of its axes.

    Args:
        figure: With its shapes.
        centres: (y, x) of each marker.
        sizes: In pixels.
        customdata: What a click on each returns.
        hover: What the pointer tells about each.
        x: Limits of the axis.
        y: Limits of the axis, upwards.
    """
    figure.add_trace(_markers(centres, sizes, customdata, hover))
    return _bare(figure, x, y, round(x[1] - x[0]), round(y[1] - y[0]))


def _markers(
    centres: Sequence[tuple[float, float]],
    size: float | Sequence[float],
    customdata: Sequence[Any],
    hover: Sequence[str] | None = None,
) -> go.Scatter:
    invisible = {"marker": {"opacity": 0}}  # or plotly dims whatever was not clicked
    return go.Scatter(
        x=[x for _, x in centres],
        y=[y for y, _ in centres],
        mode="markers",
        marker={"symbol": "square", "size": size, "opacity": 0},
        selected=invisible,
        unselected=invisible,
        customdata=list(customdata),
        hovertext=hover and [escape(text).replace("\n", "<br>") for text in hover],
        hoverinfo="text" if hover else None,
        showlegend=False,
    )


def _outline(figure: go.Figure, x0: float, y0: float, x1: float, y1: float) -> None:
    figure.add_shape(type="rect", x0=x0, y0=y0, x1=x1, y1=y1, line={"color": CHOSEN, "width": 2.5})


def _bare(
    figure: go.Figure, x: tuple[float, float], y: tuple[float, float], width: int, height: int
) -> go.Figure:
    """No axes, no margins, no background: the page's own shows, light or dark."""
    hidden = {"visible": False, "fixedrange": True, "constrain": "domain"}
    figure.update_xaxes(range=list(x), constraintoward="left", **hidden)
    figure.update_yaxes(range=list(y), scaleanchor="x", constraintoward="top", **hidden)
    return figure.update_layout(
        width=max(width, NARROWEST_PX),
        height=height,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": QUIET, "size": 11},
        hoverlabel={"bgcolor": INK, "bordercolor": INK, "font": {"color": PAPER, "size": 12}},
        hovermode="closest",
        dragmode=False,
        clickmode="event+select",
    )


def data_uri(pixels: np.ndarray) -> str:
    """A picture as an address, without loss; that of a page drawn again is not encoded again."""
    key = pixels.shape, hashlib.blake2b(np.ascontiguousarray(pixels).data).digest()
    uri = _uris.get(key)
    if uri is None:
        uri = _uris[key] = _encoded(pixels)
        for oldest in list(_uris)[:-REMEMBERED]:
            _uris.pop(oldest, None)
    return uri


def _encoded(pixels: np.ndarray) -> str:
    file, image, kind = BytesIO(), Image.fromarray(pixels), "webp"
    if max(image.size) > WEBP_PX:
        kind = "png"
        image.save(file, "PNG", compress_level=1)
    else:
        # as small as PNG, in a quarter of the time
        image.save(file, "WEBP", lossless=True, quality=0, method=0)
    return f"data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode()}"


_uris: dict[tuple[tuple[int, ...], bytes], str] = {}
