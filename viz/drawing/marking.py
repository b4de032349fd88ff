"""Pictures to mark parts in: one to draw boxes on, and a sheet of all with what is marked."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from viz.drawing.colours import class_colour
from viz.drawing.pointing import CHOSEN, point_at_sheet
from viz.drawing.sheet import Grid, factor, sheet, shrink
from viz.network.parts import Box

BOARD_PX, TILE_PX, GAP_PX = 448, 96, 6
Boxes = Mapping[str, Box]  # of one picture, by part


def drawing_board(picture: np.ndarray, boxes: Boxes, colours: Mapping[str, str]) -> go.Figure:
    """One picture on which a dragged pointer selects a box; see `box_drawn`.

    Args:
        picture: (S, S, 3) uint8.
        boxes: Drawn so far.
        colours: By part.
    """
    pixels, grid = sheet(picture[None] / 255, 1, enlarge=factor(len(picture), BOARD_PX))
    figure = point_at_sheet(pixels, grid, [0], [""])
    _outline_boxes(figure, boxes, colours, (0, 0), grid.width / len(picture), line_px=3)
    figure.data[1].update(hoverinfo="skip")
    return figure.update_layout(dragmode="select", newselection_line_width=2)


def box_drawn(x: Sequence[float], y: Sequence[float], side: int) -> tuple[int, int, int, int]:
    """Left, top, right and bottom in pixels of the picture, of a box selected on the board.

    Edges go to the nearest pixel's edge; a box is at least a pixel wide and high.

    Args:
        x: Two ends, in the board's coordinates.
        y: Likewise.
        side: Of the picture, px.
    """
    enlarged = factor(side, BOARD_PX)

    def ends(values: Sequence[float]) -> tuple[int, int]:
        low, high = (
            min(max(round((value + 0.5) / enlarged), 0), side)
            for value in (min(values), max(values))
        )
        low = min(low, side - 1)
        return low, max(high, low + 1)

    (left, right), (top, bottom) = ends(x), ends(y)
    return left, top, right, bottom


def marking_sheet(
    pictures: np.ndarray,
    names: Sequence[str],
    *,
    columns: int,
    chosen: Collection[int] = (),
    boxes: Sequence[Boxes] = (),
    colours: Mapping[str, str] | None = None,
) -> go.Figure:
    """Pictures to point at, with the boxes in them; a click returns a picture's place.

    Args:
        pictures: (N, S, S, 3) uint8.
        names: What the pointer tells of each.
        columns: Of the sheet.
        chosen: Places to outline.
        boxes: Of each picture, where anything is marked.
        colours: By part.
    """
    tiles = shrink(pictures / 255, TILE_PX)
    pixels, grid = sheet(tiles, columns, gap=GAP_PX, enlarge=factor(tiles.shape[1], TILE_PX))
    figure = point_at_sheet(pixels, grid, list(range(len(names))), names)
    for place in chosen:
        _outline_tile(figure, grid, place)
    for place, one in enumerate(boxes):
        scale = grid.width / pictures.shape[1]
        _outline_boxes(figure, one, colours or {}, grid.corner(place), scale, line_px=2)
    return figure


def part_colours(parts: Sequence[str]) -> dict[str, str]:
    """A colour for each part, in their order."""
    return {part: class_colour(place) for place, part in enumerate(parts)}


def _outline_tile(figure: go.Figure, grid: Grid, place: int) -> None:
    top, left = grid.corner(place)
    corners = {"x0": left - 2, "y0": top - 2, "x1": left + grid.width + 1}
    figure.add_shape(
        type="rect", **corners, y1=top + grid.height + 1, line={"color": CHOSEN, "width": 3}
    )


def _outline_boxes(
    figure: go.Figure,
    boxes: Boxes,
    colours: Mapping[str, str],
    corner: tuple[int, int],
    scale: float,
    *,
    line_px: float,
) -> None:
    """Each box in its part's colour on a dark line, so that it shows on any picture."""
    top, left = corner
    for part, box in boxes.items():
        corners = {
            "x0": left + box.left * scale - 0.5,
            "x1": left + box.right * scale - 0.5,
            "y0": top + box.top * scale - 0.5,
            "y1": top + box.bottom * scale - 0.5,
        }
        for colour, width in (("#000000", line_px + 2), (colours[part], line_px)):
            figure.add_shape(type="rect", **corners, line={"color": colour, "width": width})
