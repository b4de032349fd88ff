"""When channels learn: channels down, epochs across, as in Zeiler & Fergus, figure 4.

Under each channel's patches and projections two curves share the columns: its response, and how
far its weights point to where they end. First for print, then as a sheet to point at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from matplotlib.figure import Figure

from viz.drawing.colours import OKABE_ITO
from viz.drawing.pointing import CHOSEN, point_at_sheet
from viz.drawing.sheet import Grid, factor
from viz.drawing.style import (
    INK,
    QUIET,
    SMALL_PT,
    TEXT_PT,
    number,
    pixel_axes,
    pixel_figure,
    show,
)
from viz.drawing.words import label_of
from viz.evolution.compute import Evolution
from viz.evolution.learning import WITHIN, word
from viz.evolution.query import EvolutionShown

TILE_PX, LARGEST_TILE_PX, GAP_PX = 64, 132, 3  # of a tile, at least and at most
HEAD_PX, CURVE_PX, APART_PX, PAD_PX = 18, 46, 22, 5
NAME_PX = 132  # for print
BETWEEN = (128, 128, 128, 70)  # between tiles
RESPONSE, COSINE = OKABE_ITO[0], OKABE_ITO[5]


@dataclass(frozen=True)
class Row:
    """One channel of one run."""

    shown: EvolutionShown
    place: int  # of the channel among those drawn
    name: str = ""  # of the run, where there are two
    whole: bool = True  # False while later epochs are still to come: nothing is known to stay

    @property
    def evolution(self) -> Evolution:
        return self.shown.evolution

    @property
    def channel(self) -> int:
        """Its number."""
        return int(self.evolution.channel[self.place])

    @property
    def response(self) -> list[float]:
        """At each epoch."""
        return self.evolution.response[:, self.channel].tolist()

    @property
    def cosine(self) -> list[float]:
        """At each epoch, to the last one's weights; none without weights."""
        moved = self.evolution.motion
        return moved.cosine[:, self.channel].tolist() if moved.has_weights else []

    @property
    def learnt(self) -> int | None:
        """See `viz.evolution.learning.learnt`."""
        return self.evolution.learnt[self.channel] if self.whole else None

    @property
    def word(self) -> str:
        """When it learnt, in a word or three."""
        if not self.whole:
            return "so far"
        return word(self.learnt, int(self.evolution.epoch[0]), self.response[-1])

    def tiles(self, room_px: int = TILE_PX) -> np.ndarray:
        """(E, 2, h, w, 3) uint8, each pixel enlarged by a whole factor: TILE_PX or more."""
        tiles = self.evolution.tile[:, self.place].numpy()
        side = tiles.shape[2]
        by = max(factor(side, min(room_px, LARGEST_TILE_PX)), -(-TILE_PX // side))
        return tiles.repeat(by, axis=2).repeat(by, axis=3)


@dataclass(frozen=True, slots=True)
class Rows(Grid):
    """Where the tiles of channels (down) and epochs (across) lie; patches above projections.

    Tiles are numbered row by row, an epoch's patch before its projection; `columns` counts epochs.
    """

    @property
    def pitch(self) -> int:
        """From one channel to the next."""
        return self.curve_top + CURVE_PX + APART_PX

    @property
    def curve_top(self) -> int:
        """Of a channel's curves, below its upper edge."""
        return HEAD_PX + 2 * (self.height + self.gap) + PAD_PX

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) of the whole sheet."""
        channels = self.count // (2 * self.columns)
        return channels * self.pitch - APART_PX, self.columns * (self.width + self.gap) - self.gap

    def corner(self, index: int) -> tuple[int, int]:
        """(top, left) of a tile."""
        row, rest = divmod(index, 2 * self.columns)
        column, below = divmod(rest, 2)
        top = row * self.pitch + HEAD_PX + below * (self.height + self.gap)
        return top, column * (self.width + self.gap)


def rows_of(shown: EvolutionShown, name: str = "", *, whole: bool = True) -> list[Row]:
    """All channels of one run."""
    return [Row(shown, place, name, whole) for place in range(len(shown.evolution.channel))]


def layout(rows: Sequence[Row], width_px: int = 0) -> tuple[np.ndarray, Rows, list[int]]:
    """The sheet (H, W, 4) uint8, where each tile lies, and the epochs of its columns.

    Args:
        rows: What is drawn.
        width_px: That few epochs shall fill; many take what they need.
    """
    epochs = sorted({int(epoch) for row in rows for epoch in row.evolution.epoch})
    tiles = [row.tiles(width_px // len(epochs) - GAP_PX) for row in rows]
    side = max(each.shape[2] for each in tiles)
    grid = Rows(2 * len(rows) * len(epochs), len(epochs), side, side, GAP_PX)
    pixels = np.zeros((*grid.shape, 4), np.uint8)
    for line, (row, own) in enumerate(zip(rows, tiles, strict=True)):
        top = line * grid.pitch + HEAD_PX
        pixels[top - 1 : top + 2 * side + GAP_PX + 1] = BETWEEN  # a white patch on a white page
        high, wide = own.shape[2:4]
        for epoch, pair in zip(row.evolution.epoch.tolist(), own, strict=True):
            first = 2 * (line * len(epochs) + epochs.index(epoch))
            for below, tile in enumerate(pair):
                top, left = grid.corner(first + below)
                pixels[top : top + high, left : left + wide, :3] = tile
                pixels[top : top + high, left : left + wide, 3] = 255
    return pixels, grid, epochs


def curves(row: Row, epochs: Sequence[int], grid: Rows) -> dict[str, tuple[list, list]]:
    """Response and cosine as (x, y) in pixels of a row, from 0 at the foot to CURVE_PX up."""
    centres = [grid.corner(2 * epochs.index(int(e)))[1] for e in row.evolution.epoch]
    xs = [left + (grid.width - 1) / 2 for left in centres]
    most = max(*map(abs, row.response), 1e-12)
    found = {"response": (xs, [max(value, 0) / most * CURVE_PX for value in row.response])}
    if row.cosine:
        found["cosine"] = (xs, [max(value, 0) * CURVE_PX for value in row.cosine])
    return found


def evolution_pointing(
    rows: Sequence[Row], *, width_px: int = 0, marked: Sequence[int] = ()
) -> tuple[go.Figure, int]:
    """The rows to point at, and how far apart they are, px; a click returns [row, channel, epoch].

    Args:
        rows: Channels of one run, or of two in turn.
        width_px: That few epochs shall fill; many take what they need.
        marked: Epochs that are outlined.
    """
    pixels, grid, epochs = layout(rows, width_px)
    places = [[line, row.channel, e] for line, row in enumerate(rows) for e in epochs]
    hover = [_hover(row, e) for row in rows for e in epochs]
    # a patch and its projection stand for the same
    figure = point_at_sheet(
        pixels,
        grid,
        [place for place in places for _ in (0, 1)],
        [text for text in hover for _ in (0, 1)],
    )
    for line, row in enumerate(rows):
        _point_at_curves(figure, row, epochs, grid, line * grid.pitch)
    figure.update_layout(shapes=_outlines(rows, epochs, grid, marked))
    words = [
        (grid.corner(2 * (line * len(epochs) + column)), _head(row, epoch))
        for line, row in enumerate(rows)
        for column, epoch in enumerate(epochs)
    ]
    figure.add_trace(
        go.Scatter(
            x=[left for (_, left), _ in words],
            y=[top - HEAD_PX / 2 for (top, _), _ in words],
            text=[text for _, text in words],
            mode="text",
            textposition="middle right",
            textfont={"size": 12},
            hoverinfo="skip",
            showlegend=False,
            cliponaxis=False,
        )
    )
    return figure, grid.pitch


def _head(row: Row, epoch: int) -> str:
    """What stands above a cell: its epoch, bold where the channel had learnt."""
    words = f"epoch {epoch}" if epoch == int(row.evolution.epoch[0]) else str(epoch)
    return f"<b>{words} ✓</b>" if epoch == row.learnt else words


def _hover(row: Row, epoch: int) -> str:
    """One cell in words."""
    known = row.evolution.epoch.tolist()
    who = f"{row.name}, " if row.name else ""
    if epoch not in known:
        return f"{who}epoch {epoch} is not there"
    at = known.index(epoch)
    label = int(row.shown.label[at, row.place])
    seen = label_of(row.shown.classes, label, None) if label >= 0 else "none"
    lines = [
        f"{who}channel {row.channel}, epoch {epoch}",
        f"strongest image: {seen}",
        f"mean of nine activations {number(row.response[at])}",
    ]
    if row.cosine:
        lines.append(f"cosine to the last weights {row.cosine[at]:.2f}")
    return "\n".join([*lines, "click: the unit at this epoch"])


def _point_at_curves(
    figure: go.Figure, row: Row, epochs: Sequence[int], grid: Rows, top: int
) -> None:
    """Two lines under a row, their dots in the middle of the columns."""
    foot = top + grid.curve_top + CURVE_PX
    drawn = curves(row, epochs, grid)
    for name, colour, dash in (("cosine", COSINE, "dot"), ("response", RESPONSE, "solid")):
        if name not in drawn:
            continue
        xs, heights = drawn[name]
        figure.add_trace(
            go.Scatter(
                x=xs,
                y=[foot - height for height in heights],
                mode="lines+markers",
                line={"color": colour, "width": 2, "dash": dash},
                marker={"size": 5, "color": colour},
                hoverinfo="skip",
                showlegend=False,
            )
        )


def _outlines(
    rows: Sequence[Row], epochs: Sequence[int], grid: Rows, marked: Sequence[int]
) -> list[dict]:
    """The foot of each row's curves, the band it settled in, and the columns that are chosen."""
    shapes = []
    for line, row in enumerate(rows):
        foot = line * grid.pitch + grid.curve_top + CURVE_PX
        right = grid.shape[1]
        quiet = {"color": QUIET, "width": 0.8}
        shapes.append({"type": "line", "x0": 0, "x1": right, "y0": foot, "y1": foot, "line": quiet})
        if row.learnt is not None:
            last = row.response[-1] / max(*map(abs, row.response), 1e-12) * CURVE_PX
            left = grid.corner(2 * epochs.index(row.learnt))[1]
            low, high = last * (1 - WITHIN), last * (1 + WITHIN)
            band = {"fillcolor": RESPONSE, "opacity": 0.18, "line": {"width": 0}, "layer": "below"}
            shapes.append(
                {"type": "rect", "x0": left, "x1": right, "y0": foot - low, "y1": foot - high}
                | band
            )
        for epoch in marked:
            if epoch in row.evolution.epoch.tolist():
                top, left = grid.corner(2 * (line * len(epochs) + epochs.index(epoch)))
                box = {"x0": left - 1.5, "x1": left + grid.width + 0.5, "y0": top - 1.5}
                foot_of_tiles = top + 2 * grid.height + grid.gap + 0.5
                shapes.append(
                    {"type": "rect", "y1": foot_of_tiles, "line": {"color": CHOSEN, "width": 2.5}}
                    | box
                )
    return shapes


def draw(shown: EvolutionShown) -> Figure:
    """The best patch over its projection for each channel and epoch, and the curves."""
    rows = rows_of(shown)
    pixels, grid, epochs = layout(rows)
    height, width = grid.shape
    reading = (
        "above: the strongest patch at that epoch; below: its projection, mid grey is zero; solid: "
        "response, dotted: cosine to the last weights"
    )
    title = f"When {shown.evolution.layer} learned what it sees"
    figure = pixel_figure(NAME_PX + width, height, title, reading)
    show(pixel_axes(figure, NAME_PX, 0, width, height), pixels)
    for line, row in enumerate(rows):
        top = line * grid.pitch
        ax = pixel_axes(figure, NAME_PX, top + grid.curve_top, width, CURVE_PX)
        ax.set(xlim=(-0.5, width - 0.5), ylim=(0, CURVE_PX * 1.06))
        ax.set_facecolor("none")
        ax.spines["bottom"].set(visible=True, color=QUIET, linewidth=0.6)
        drawn = curves(row, epochs, grid)
        ax.plot(*drawn["response"], color=RESPONSE, lw=1.3, marker="o", ms=2.5)
        if "cosine" in drawn:
            ax.plot(*drawn["cosine"], color=COSINE, lw=1.3, ls=":", marker="o", ms=2)
        for column, epoch in enumerate(epochs):
            text = f"epoch {epoch}" + (" ✓" if epoch == row.learnt else "")
            _write(figure, NAME_PX + column * (grid.width + grid.gap), top + 3, text, TEXT_PT - 1)
        _write(figure, 0, top + HEAD_PX, f"channel {row.channel}", TEXT_PT, weight="bold")
        for place, text in enumerate(facts(row)):
            _write(figure, 0, top + HEAD_PX + 15 * (place + 1), text, SMALL_PT + 0.5)
    return figure


def facts(row: Row) -> list[str]:
    """What is known of a channel, a line each: when it learnt, response, weights."""
    moved, first, last = row.evolution.motion, row.response[0], row.response[-1]
    lines = [row.word, f"response {number(first)} → {number(last)}"]
    if moved.has_weights:
        lines.append(f"weights moved {float(moved.distance[row.channel]):.2g}×")
        lines.append(f"cosine {row.cosine[0]:.2f}".replace("-", "−"))
    return lines


def _write(
    figure: Figure, left: int, top: int, text: str, size: float, *, weight: str = "normal"
) -> None:
    ax = pixel_axes(figure, left, top, 1, 1)
    ax.patch.set_visible(False)
    ax.text(0, 1, text, size=size, color=INK, weight=weight, va="top", transform=ax.transAxes)
