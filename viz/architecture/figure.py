"""The network as blocks in proportion to its maps, as the papers draw it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from viz.architecture.compute import LayerRow
from viz.architecture.query import ArchitectureShown
from viz.drawing.pointing import CHOSEN, point_at_shapes
from viz.drawing.style import INK, PAPER, QUIET, SMALL_PT, number, pixel_axes, pixel_figure

HEIGHT, SLANT, GAP = 150.0, 0.28, 26.0  # px of the largest map; depth per height; between blocks
LETTER_PX, NAMES_PX = 6.5, 650  # of a name; what a window of 1024 px has room for
SHADES = {  # front, top and side of a block
    "convolution": ("#9ec5e8", "#6fa6d6", "#4f86b8"),
    "merge": ("#c9bde3", "#a996cf", "#8a74b8"),
    "pooling": ("#cfe3c9", "#a8cd9f", "#86b47c"),
    "dense": ("#f3d6a6", "#e6b96e", "#cf9b45"),
}
Points = list[tuple[float, float]]


def draw(shown: ArchitectureShown) -> Figure:
    """The network under its name."""
    return architecture_figure(shown.rows, name=shown.name)


@dataclass(frozen=True)
class Block:
    """One layer as a box; lengths in pixels, y upwards from the common axis."""

    row: LayerRow
    left: float
    front: float  # thickness: grows with the number of channels
    height: float  # side of the maps

    @property
    def slant(self) -> float:
        return SLANT * self.height if len(self.row.output) == 3 else 4.0

    @property
    def right(self) -> float:
        return self.left + self.front + self.slant

    @property
    def faces(self) -> list[Points]:
        """Front, top and side."""
        x, w, h, d = self.left, self.front, self.height / 2, self.slant
        return [
            [(x, -h), (x + w, -h), (x + w, h), (x, h)],
            [(x, h), (x + w, h), (x + w + d, h + d), (x + d, h + d)],
            [(x + w, -h), (x + w + d, -h + d), (x + w + d, h + d), (x + w, h)],
        ]

    @property
    def shades(self) -> tuple[str, ...]:
        return SHADES[self.row.family]

    @property
    def words(self) -> str:
        """Shape, cost and reach, as the pointer tells them."""
        row = self.row
        shape = "×".join(str(length) for length in row.output)
        field = row.receptive_field
        sees = "the whole image" if field is None else f"{field.size} px"
        parameters, macs = big(row.parameters), big(row.macs)
        return (
            f"{row.name}: {row.kind}\n{shape}, sees {sees}\n"
            f"{parameters} parameters, {macs} multiply-adds"
        )


def blocks(rows: Sequence[LayerRow]) -> list[Block]:
    """A block for each convolution, pooling and fully connected layer, from left to right.

    Of branches only what they make together is drawn.
    """
    drawn = [row for row in rows if row.family in SHADES and row.on_backbone]
    largest = max(row.output[-1] for row in drawn if len(row.output) == 3)
    found: list[Block] = []
    left = 0.0
    for row in drawn:
        spatial = len(row.output) == 3
        # by the root, or 4096 channels would dwarf 96
        front = 2.0 * sqrt(row.output[0]) if spatial else 9.0
        height = HEIGHT * row.output[-1] / largest if spatial else 2.4 * sqrt(row.output[0])
        if found:  # names stand below the middles, side by side
            before = found[-1]
            middle = before.left + before.front / 2
            names = LETTER_PX * (len(before.row.name) + len(row.name)) / 2 + 6
            left = max(left, middle + names - front / 2)
        block = Block(row, left, front, max(height, 6.0))
        found.append(block)
        left = block.right + GAP
    return found


def draw_architecture(ax: Axes, rows: Sequence[LayerRow]) -> None:
    """All blocks on one axis, name above and shape below."""
    drawn = blocks(rows)
    low = min(-block.height / 2 for block in drawn)
    for block in drawn:
        for points, shade in zip(block.faces, block.shades, strict=True):
            ax.add_patch(Polygon(points, facecolor=shade, edgecolor=PAPER, linewidth=0.6))
        middle = block.left + block.front / 2
        output = block.row.output
        shape = f"{output[1]}×{output[2]}" if len(output) == 3 else ""
        text = {"ha": "center", "size": SMALL_PT}
        ax.text(middle, low - 14, block.row.name, color=INK, va="top", **text)  # type: ignore[arg-type]
        ax.text(middle, low - 26, f"{output[0]}", color=QUIET, va="top", **text)  # type: ignore[arg-type]
        ax.text(middle, low - 37, shape, color=QUIET, va="top", **text)  # type: ignore[arg-type]


def architecture_figure(rows: Sequence[LayerRow], *, name: str = "The network") -> Figure:
    """The network from the image at the left to the classes at the right."""
    x, y = _limits(rows)
    width, height = round(x[1] - x[0]), round(y[1] - y[0])
    parameters, macs = (sum(getattr(row, key) for row in rows) for key in ("parameters", "macs"))
    reading = (
        f"{big(parameters)} parameters, {big(macs)} multiply-adds an image; height: side of the "
        "maps, thickness: root of their number"
    )
    figure = pixel_figure(width, height, name, reading)
    ax = pixel_axes(figure, 0, 0, width, height)
    ax.patch.set_visible(False)
    ax.set(xlim=x, ylim=y)
    draw_architecture(ax, rows)
    return figure


def architecture_pointing(rows: Sequence[LayerRow], *, chosen: str | None = None) -> go.Figure:
    """The same to point at; a click returns the layer's name."""
    x, y = _limits(rows)
    figure = go.Figure()
    drawn = blocks(rows)
    lengths = [LETTER_PX * len(block.row.name) for block in drawn]
    stand: dict[str, str | int] = {}
    under = y[0] + 30  # where names stand
    if sum(lengths) + 6 * len(lengths) > NAMES_PX:
        stand = {"yanchor": "top", "xanchor": "right", "textangle": -45}
        hanging = 0.75 * max(lengths)
        x, y = (x[0] - 32, x[1]), (y[0] + 20 - hanging, y[1])
    for block in drawn:
        for points, shade in zip(block.faces, block.shades, strict=True):
            path = "M" + " L".join(f"{px:.1f},{py:.1f}" for px, py in points) + " Z"
            line = {"color": CHOSEN if block.row.name == chosen else PAPER, "width": 1}
            figure.add_shape(type="path", path=path, fillcolor=shade, line=line)
        figure.add_annotation(
            x=block.left + block.front / 2,
            y=under,
            text=block.row.name,
            showarrow=False,
            **stand,
        )
    centres = [(0.0, block.left + block.front / 2) for block in drawn]
    sizes = [max(18.0, min(block.front + GAP, block.height)) for block in drawn]
    names, words = [block.row.name for block in drawn], [block.words for block in drawn]
    return point_at_shapes(figure, centres, sizes, names, words, x, y)


def big(value: int) -> str:
    """Millions and thousands in three digits."""
    for unit, size in (("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return number(value)


def _limits(rows: Sequence[LayerRow]) -> tuple[tuple[float, float], tuple[float, float]]:
    drawn = blocks(rows)
    low = min(-block.height / 2 for block in drawn)
    high = max(block.height / 2 + block.slant for block in drawn)
    first = drawn[0]
    left = first.front / 2 - LETTER_PX * len(first.row.name) / 2  # its name may begin before it
    return (min(-8.0, left), drawn[-1].right + 12), (low - 50, high + 4)
