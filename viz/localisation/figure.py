"""Whether heat maps point at the objects: methods beside chance, and the worst misses."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from torch import Tensor

from viz.drawing.colours import OKABE_ITO
from viz.drawing.pointing import point_at_sheet
from viz.drawing.sheet import as_array, factor, sheet, shrink
from viz.drawing.style import AMOUNT, DPI, INK, PAPER, QUIET, SMALL_PT, TEXT_PT
from viz.localisation.compute import Localisation, rows
from viz.localisation.query import LocalisationShown

WIDTH_PX, ROW_IN = 740, 0.42
DOT, LINE = OKABE_ITO[0], OKABE_ITO[5]
TILE_PX, GAP_PX = 128, 6
ORANGE, DARK, WHITE = (230, 159, 0), (0, 0, 0), (255, 255, 255)


def draw_hits(ax: Axes, found: Sequence[Localisation]) -> None:
    """A dot a method with Wilson's interval; lines where chance stands."""
    *methods, middle, random = rows(found)
    for place, row in enumerate(methods):
        ax.plot([row.hits.low, row.hits.high], [place, place], color=DOT, linewidth=1.6)
        ax.plot(row.hits.share, place, "o", color=DOT, markersize=6)
        ax.annotate(
            f"{row.hits.share:.1%}", (row.hits.share, place), (0, 6), textcoords="offset points",
            size=SMALL_PT, color=INK, ha="center",
        )  # fmt: skip
    for row, style in ((middle, "-"), (random, ":")):
        ax.axvline(row.hits.share, color=LINE, linewidth=1.2, linestyle=style, label=row.name)
    ax.set_yticks(range(len(methods)), [row.name for row in methods])
    _dress(ax, "Its strongest point lies in the object", len(methods))


def draw_energy(ax: Axes, found: Sequence[Localisation]) -> None:
    """The mean share of each map that lies in the object; a thin line over the middle half."""
    *methods, _middle, random = rows(found)
    for place, (row, one) in enumerate(zip(methods, found, strict=True)):
        assert row.energy is not None
        low, high = np.percentile(np.nan_to_num(as_array(one.energy)), (25, 75))
        ax.plot([low, high], [place, place], color=DOT, linewidth=0.8)
        ax.plot(row.energy, place, "o", color=DOT, markersize=6)
        ax.annotate(
            f"{row.energy:.1%}", (row.energy, place), (0, 6), textcoords="offset points",
            size=SMALL_PT, color=INK, ha="center",
        )  # fmt: skip
    ax.axvline(random.hits.share, color=LINE, linewidth=1.2, linestyle=":")
    ax.set_yticks([])
    _dress(ax, "Share of its map that lies in the object", len(methods))


def draw(shown: LocalisationShown, width_px: int = WIDTH_PX) -> Figure:
    """The methods of one network on the same images.

    Source: the pointing game of Zhang et al. 2016, beside two kinds of chance.
    """
    found = shown.found
    figure = Figure(
        figsize=(width_px / DPI, 1.45 + ROW_IN * len(found)), dpi=DPI, layout="constrained",
        facecolor=PAPER,
    )  # fmt: skip
    left, right = figure.subplots(1, 2)
    draw_hits(left, found)
    draw_energy(right, found)
    lines, words = left.get_legend_handles_labels()
    figure.legend(
        lines, words, loc="outside lower left", ncols=2, frameon=False, fontsize=SMALL_PT + 0.5,
        labelcolor=INK,
    )  # fmt: skip
    return figure


def misses_pointing(
    pictures: Tensor, masks: np.ndarray, found: Localisation, names: Sequence[str]
) -> go.Figure:
    """The farthest misses to point at: pictures above, their maps below; a click returns the image.

    Object in orange, the point as a cross. Each map has its own scale, from 0 to its largest value.

    Args:
        pictures: The misses as the network sees them, (k, 3, H, W) in [0, 1].
        masks: Of their objects, (k, H, W) bool.
        found: Whose first k of `worst` they are.
        names: Of the images, for the pointer.
    """
    count, worst = len(names), found.worst[: len(names)]
    above = np.moveaxis(as_array(pictures), 1, -1)
    maps = as_array(found.maps[:count]).clip(min=0)
    below = colormaps[AMOUNT](maps / maps.max((1, 2), keepdims=True).clip(min=1e-30))[..., :3]
    tiles = _marked(
        np.concatenate([above, below]), np.tile(masks, (2, 1, 1)), found.peak[worst].repeat(2, 1)
    )
    pixels, grid = sheet(tiles, count, gap=GAP_PX)
    indices = found.image[worst].tolist()
    hover = [
        f"{name}\n{distance:.0f} px from the object"
        for name, distance in zip(names, found.distance[worst].tolist(), strict=True)
    ]
    return point_at_sheet(pixels, grid, indices * 2, hover * 2)


def _marked(tiles: np.ndarray, masks: np.ndarray, peaks: Tensor) -> np.ndarray:
    """Tiles (n, S, S, 3) in [0, 1] at about TILE_PX with an outline and a cross."""
    side = tiles.shape[1]
    small = shrink(tiles, TILE_PX)
    by = factor(small.shape[1], TILE_PX)
    marked = small.repeat(by, axis=1).repeat(by, axis=2)
    to = marked.shape[1]
    nearest = (np.arange(to) * side) // to
    for tile, mask, peak in zip(marked, masks[:, nearest][:, :, nearest], peaks, strict=True):
        inner = _shrunk(mask)
        tile[mask & ~_shrunk(inner)] = np.array(ORANGE) / 255
        row, column = ((place + 0.5) * to / side for place in peak.tolist())
        _cross(tile, int(row), int(column))
    return marked


def _shrunk(mask: np.ndarray) -> np.ndarray:
    """Without its outermost pixels."""
    padded = np.pad(mask, 1)
    return mask & padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]


def _cross(tile: np.ndarray, row: int, column: int) -> None:
    """White on black, whatever lies below."""
    for wide, reach, colour in ((2, 7, DARK), (1, 6, WHITE)):
        for tall, broad in ((wide, reach), (reach, wide)):
            rows_ = slice(max(row - tall, 0), row + tall)
            tile[rows_, max(column - broad, 0) : column + broad] = np.array(colour) / 255


def _dress(ax: Axes, title: str, count: int) -> None:
    ax.set_title(title, size=TEXT_PT, color=INK, loc="left")
    ax.set_xlim(0, 1.02)
    ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.set_ylim(count - 0.5, -0.7)
    ax.tick_params(labelsize=TEXT_PT, color=QUIET, labelcolor=INK, length=3, width=0.6)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.spines["bottom"].set(color=QUIET, linewidth=0.6)
    ax.grid(axis="x", color=QUIET, alpha=0.2, linewidth=0.6)
    ax.set_facecolor("none")
