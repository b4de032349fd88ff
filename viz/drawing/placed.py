"""Maps of an image in the image's own frame: each cell lies where it was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import plotly.graph_objects as go
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from viz.drawing.pointing import add_bar, point_at_spots
from viz.drawing.scales import PLOTLY, Scale
from viz.drawing.sheet import to_bytes
from viz.drawing.style import pixel_axes, scale_bar, show

FILLED = 0.85  # of its place, which an image enlarged by a whole factor has to fill
PALE = 0.35  # contrast of the image around a map
LUMA = (0.299, 0.587, 0.114)


def frame_side(image_side: int, wanted: int) -> int:
    """At what side an image is drawn: enlarged by a whole factor where that fills its place."""
    whole = wanted // image_side * image_side
    return whole if whole >= FILLED * wanted else wanted


def fill_frame(picture: np.ndarray, side: int) -> np.ndarray:
    """An image (S, S, 3) in [0, 1] at exactly that side, (side, side, 3) uint8."""
    pixels = to_bytes(picture)
    is_whole = side % len(pixels) == 0
    how = Image.Resampling.NEAREST if is_whole else Image.Resampling.BICUBIC
    return np.array(Image.fromarray(pixels).resize((side, side), how))


@dataclass(frozen=True)
class Frame:
    """An image, and where on it the cells of a sliding window's map lie: at the windows' centres.

    Cell (r, c) is a square of `stride` px around the middle of the window that begins at row
    r · stride, column c · stride. Around the map, where no window's centre comes, the image shows
    in pale grey.
    """

    picture: np.ndarray  # (S, S, 3) in [0, 1]
    window: int  # px of the image
    stride: int  # px of the image
    opacity: float = 1.0  # of a map over the image

    def paint(self, colours: np.ndarray, side: int) -> np.ndarray:
        """A map's colours (rows, cols, 3) in [0, 1] over the image, (side, side, 4) uint8."""
        grey = fill_frame(self.picture, side) @ np.array(LUMA) / 255
        pixels = np.repeat((0.5 + PALE * (grey - 0.5))[..., None], 3, axis=2)
        rows, columns = (self._cell_of_pixel(count, side) for count in colours.shape[:2])
        inside = np.ix_(rows >= 0, columns >= 0)
        over = colours[np.ix_(rows[rows >= 0], columns[columns >= 0])]
        pixels[inside] = self.opacity * over + (1 - self.opacity) * np.repeat(
            grey[inside][..., None], 3, axis=2
        )
        opaque = np.full((side, side, 1), 255, np.uint8)
        return np.concatenate([to_bytes(pixels), opaque], axis=2)

    def centres(self, shape: tuple[int, int], side: int) -> list[tuple[float, float]]:
        """(y, x) of each cell in pixels of the drawing, row by row; pixel 0 is around 0."""
        by = side / len(self.picture)
        ys, xs = (
            [(self.window / 2 + number * self.stride) * by - 0.5 for number in range(count)]
            for count in shape
        )
        return [(y, x) for y in ys for x in xs]

    def box(self, cell: tuple[int, int], side: int) -> tuple[int, int, int, int]:
        """The window of a cell in pixels of the drawing: top, left, bottom, right."""
        by = side / len(self.picture)
        top, left = (number * self.stride for number in cell)
        edges = (top, left, top + self.window, left + self.window)
        top, left, bottom, right = (round(edge * by) for edge in edges)
        return top, left, bottom, right

    def _cell_of_pixel(self, count: int, side: int) -> np.ndarray:
        """For each pixel of the drawing the number of its cell, -1 where there is none."""
        at = (np.arange(side) + 0.5) * len(self.picture) / side
        cell = np.floor((at - (self.window - self.stride) / 2) / self.stride).astype(int)
        return np.where((cell >= 0) & (cell < count), cell, -1)


@dataclass(frozen=True)
class PlacedMap:
    """A map over its image; a click returns [row, column] of the cell."""

    colours: np.ndarray  # (rows, cols, 3) in [0, 1]
    frame: Frame
    hover: Sequence[Sequence[str]] = field(repr=False)  # what the pointer tells about each cell
    side: int  # px
    scale: Scale | None = None  # None: colours are named by whoever knows them
    label: str = ""  # of the scale bar

    @classmethod
    def of_values(
        cls, values: np.ndarray, scale: Scale, label: str, frame: Frame, hover: Any, side: int
    ) -> PlacedMap:
        """A map of numbers (rows, cols) on a scale."""
        name, low, high = scale
        shares = (values - low) / (high - low)
        return cls(colormaps[name](shares)[..., :3], frame, hover, side, scale, label)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height when drawn, px."""
        return self.side, self.side

    def draw(self, figure: Figure, left: int, top: int) -> Axes:
        """Draw it with its corner there, in pixels of the figure."""
        ax = pixel_axes(figure, left, top, self.side, self.side)
        show(ax, self.frame.paint(self.colours, self.side))
        return ax

    def draw_scale(self, figure: Figure, left: int, top: int) -> None:
        """Its scale bar, if it has a scale."""
        if self.scale is not None:
            bar = pixel_axes(figure, left + 8, top, 9, self.side)
            scale_bar(figure, bar, *self.scale, self.label)

    def point(self, chosen: Any = None, side: int | None = None, *, bar: bool = True) -> go.Figure:
        """The same to point at, the chosen cell's window outlined.

        Args:
            chosen: Row and column.
            side: In pixels; its own if not given.
            bar: Whether a scale bar stands beside it.
        """
        side, shape = side or self.side, self.colours.shape[:2]
        figure = point_at_spots(
            self.frame.paint(self.colours, side),
            self.frame.centres((shape[0], shape[1]), side),
            self.frame.stride * side / len(self.frame.picture),
            [[row, column] for row in range(shape[0]) for column in range(shape[1])],
            [text for line in self.hover for text in line],
            [] if chosen is None else [self.frame.box(chosen, side)],
        )
        if bar and self.scale is not None:
            name, low, high = self.scale
            add_bar(figure, PLOTLY[name], low, high, self.label)
        return figure
