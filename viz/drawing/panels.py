"""A panel: one picture that is drawn for print and that can be pointed at on a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from viz.drawing.pointing import point_at_heatmap, point_at_sheet
from viz.drawing.scales import PLOTLY, Scale
from viz.drawing.sheet import Grid, factor, sheet
from viz.drawing.style import pixel_axes, scale_bar, show

BAR_PX = 78  # room for a scale bar and its words


@dataclass(frozen=True)
class Heatmap:
    """A map on a scale; a click returns [row, column]."""

    values: np.ndarray  # (rows, cols)
    scale: Scale
    label: str  # of the scale bar
    hover: Sequence[Sequence[str]]  # what the pointer tells about each cell
    side: int  # px

    @property
    def size(self) -> tuple[int, int]:
        """Width and height when drawn, px."""
        return self.side, self.side

    def draw(self, figure: Figure, left: int, top: int) -> Axes:
        """Draw it with its corner there, in pixels of the figure."""
        colours, low, high = self.scale
        ax = pixel_axes(figure, left, top, self.side, self.side)
        show(ax, self.values, cmap=colours, vmin=low, vmax=high)
        return ax

    def draw_scale(self, figure: Figure, left: int, top: int) -> None:
        """Its scale bar."""
        bar = pixel_axes(figure, left + 8, top, 9, self.side)
        scale_bar(figure, bar, *self.scale, self.label)

    def point(self, chosen: Any = None, side: int | None = None) -> go.Figure:
        """The same to point at."""
        colours, low, high = self.scale
        return point_at_heatmap(
            self.values,
            self.hover,
            colours=PLOTLY[colours],
            low=low,
            high=high,
            label=self.label,
            chosen=chosen,
            side=side or self.side,
        )


@dataclass(frozen=True)
class Classes:
    """A map of classes, each in its own colour; a click returns [row, column]."""

    values: np.ndarray  # (rows, cols) index into colours
    colours: Sequence[str]
    hover: Sequence[Sequence[str]]
    side: int  # px

    @property
    def size(self) -> tuple[int, int]:
        """Width and height when drawn, px."""
        return self.side, self.side

    def draw(self, figure: Figure, left: int, top: int) -> Axes:
        """Draw it with its corner there, in pixels of the figure."""
        ax = pixel_axes(figure, left, top, self.side, self.side)
        last = len(self.colours) - 0.5
        show(ax, self.values, cmap=ListedColormap(list(self.colours)), vmin=-0.5, vmax=last)
        return ax

    def draw_scale(self, figure: Figure, left: int, top: int) -> None:
        """Colours are named by whoever knows the classes."""

    def point(self, chosen: Any = None, side: int | None = None) -> go.Figure:
        """The same to point at."""
        n = len(self.colours)
        steps = [(at, c) for i, c in enumerate(self.colours) for at in (i / n, (i + 1) / n)]
        return point_at_heatmap(
            self.values.astype(float),
            self.hover,
            colours=steps,
            low=-0.5,
            high=n - 0.5,
            chosen=chosen,
            side=side or self.side,
        )


@dataclass(frozen=True)
class Sheet:
    """A contact sheet, all tiles on one scale; a click returns what its tile stands for."""

    pixels: np.ndarray  # (H, W, 4) uint8
    grid: Grid  # where each tile lies
    stands_for: Sequence[Any]  # of each tile
    hover: Sequence[str]  # of each tile
    scale: Scale | None = None  # None: there is nothing to measure by
    label: str = ""
    tiles: np.ndarray | None = None  # (N, h, w, 3) in [0, 1], to enlarge them otherwise on a page

    @property
    def size(self) -> tuple[int, int]:
        """Width and height when drawn, px."""
        height, width = self.pixels.shape[:2]
        return width, height

    def draw(self, figure: Figure, left: int, top: int) -> Axes:
        """Draw it with its corner there, in pixels of the figure."""
        ax = pixel_axes(figure, left, top, *self.size)
        show(ax, self.pixels)
        return ax

    def draw_scale(self, figure: Figure, left: int, top: int) -> None:
        """Its scale bar, if it has a scale."""
        if self.scale is not None:
            bar = pixel_axes(figure, left + 8, top, 9, min(self.size[1], 180))
            scale_bar(figure, bar, *self.scale, self.label)

    def point(self, chosen: Any = None, side: int | None = None) -> go.Figure:
        """The same to point at, the tiles enlarged by the largest whole factor that fits in."""
        pixels, grid = self.pixels, self.grid
        if self.tiles is not None and side is not None:
            room = side // grid.columns - grid.gap
            enlarge = factor(self.tiles.shape[1], max(room, 1))
            pixels, grid = sheet(self.tiles, grid.columns, grid.gap, enlarge)
        return point_at_sheet(pixels, grid, self.stands_for, self.hover, chosen=chosen)


class Panel(Protocol):
    """What a row of two networks is made of; a view may have one of its own."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height when drawn, px."""

    def draw(self, figure: Figure, left: int, top: int) -> Axes:
        """Draw it with its corner there, in pixels of the figure."""

    def draw_scale(self, figure: Figure, left: int, top: int) -> None:
        """Its scale bar, if it has a scale."""

    def point(self, chosen: Any = None, side: int | None = None) -> go.Figure:
        """The same to point at."""
