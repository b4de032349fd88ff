"""The network as blocks in proportion to its maps, as the papers draw it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from html import escape
from math import sqrt
from operator import attrgetter

import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from viz.architecture.compute import LayerRow
from viz.architecture.query import ArchitectureShown
from viz.drawing.pointing import CHOSEN, point_at_shapes
from viz.drawing.style import INK, PAPER, QUIET, SMALL_PT, number, pixel_axes, pixel_figure

HEIGHT, SLANT, GAP = 150.0, 0.28, 26.0  # px of the largest map; depth per height; between blocks
LARGEST, SMALLEST = 1.5, 0.25  # how much blocks are enlarged, or reduced, to fill a width
LETTER_PX = 6.5  # of a name
ASLANT = 0.72  # how far a name reaches to the left and down at 45°, as a share of its length
SHADES = {  # front, top and side of a block
    "convolution": ("#9ec5e8", "#6fa6d6", "#4f86b8"),
    "merge": ("#c9bde3", "#a996cf", "#8a74b8"),
    "pooling": ("#cfe3c9", "#a8cd9f", "#86b47c"),
    "dense": ("#f3d6a6", "#e6b96e", "#cf9b45"),
}
NAME: Callable[[LayerRow], str] = attrgetter("name")
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
    label: str = ""  # below it, one line or two

    @property
    def slant(self) -> float:
        return SLANT * self.height if len(self.row.output) == 3 else 4.0

    @property
    def right(self) -> float:
        return self.left + self.front + self.slant

    @property
    def middle(self) -> float:
        """Of its front, where its label stands."""
        return self.left + self.front / 2

    @property
    def label_px(self) -> float:
        return LETTER_PX * max(map(len, self.label.split("\n")))

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


def blocks(
    rows: Sequence[LayerRow],
    *,
    scale: float = 1.0,
    gap: float = GAP,
    label: Callable[[LayerRow], str] = NAME,
    side_by_side: bool = True,
) -> list[Block]:
    """A block for each convolution, pooling and fully connected layer, from left to right.

    Of branches only what they make together is drawn.

    Args:
        rows: Of the network.
        scale: How much larger or smaller than usual all of them are.
        gap: Between them at least, px.
        label: What stands below a block.
        side_by_side: Whether labels need room beside each other.
    """
    drawn = [row for row in rows if row.family in SHADES and row.on_backbone]
    largest = max(row.output[-1] for row in drawn if len(row.output) == 3)
    found: list[Block] = []
    left = 0.0
    for row in drawn:
        spatial = len(row.output) == 3
        # by the root, or 4096 channels would dwarf 96
        front = scale * (2.0 * sqrt(row.output[0]) if spatial else 9.0)
        height = HEIGHT * row.output[-1] / largest if spatial else 2.4 * sqrt(row.output[0])
        block = Block(row, left, front, max(scale * height, 6.0), label(row))
        if found and side_by_side:
            before = found[-1]
            labels = (before.label_px + block.label_px) / 2 + 6
            block = replace(block, left=max(left, before.middle + labels - front / 2))
        found.append(block)
        left = block.right + gap
    return found


def blocks_of_width(rows: Sequence[LayerRow], width: int) -> tuple[list[Block], bool]:
    """Blocks that fill a width, and whether their labels stand side by side, else aslant.

    Labels have the shape below the name where there is room for it.
    """
    for label in (_name_and_shape, NAME):
        if _extent(blocks(rows, scale=SMALLEST, gap=4.0, label=label)) <= width:
            return _filling(partial(blocks, rows, label=label), width), True
    before = round(ASLANT * blocks(rows)[0].label_px)  # the first name hangs out at the left
    return _filling(partial(blocks, rows, side_by_side=False), width - before), False


def _filling(made: Callable[..., list[Block]], width: int) -> list[Block]:
    """As large as they may be, and then as far from each other."""
    scale = _largest(lambda size: _extent(made(scale=size, gap=GAP * size)) <= width, LARGEST)
    room = _largest(lambda gap: _extent(made(scale=scale, gap=gap)) <= width, float(width))
    return made(scale=scale, gap=room)


def _largest(fits: Callable[[float], bool], most: float) -> float:
    """The largest number up to `most` that fits, by halving; 0.01 of it where none does."""
    low, high = 0.01 * most, most
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return most if fits(most) else low


def _extent(drawn: Sequence[Block]) -> float:
    x, _y = _limits(drawn)
    return x[1] - x[0]


def _name_and_shape(row: LayerRow) -> str:
    return f"{row.name}\n{'×'.join(map(str, row.output))}"


def draw_architecture(ax: Axes, rows: Sequence[LayerRow]) -> None:
    """All blocks on one axis, name above and shape below."""
    drawn = blocks(rows)
    low = min(-block.height / 2 for block in drawn)
    for block in drawn:
        for points, shade in zip(block.faces, block.shades, strict=True):
            ax.add_patch(Polygon(points, facecolor=shade, edgecolor=PAPER, linewidth=0.6))
        middle = block.middle
        output = block.row.output
        shape = f"{output[1]}×{output[2]}" if len(output) == 3 else ""
        text = {"ha": "center", "size": SMALL_PT}
        ax.text(middle, low - 14, block.row.name, color=INK, va="top", **text)  # type: ignore[arg-type]
        ax.text(middle, low - 26, f"{output[0]}", color=QUIET, va="top", **text)  # type: ignore[arg-type]
        ax.text(middle, low - 37, shape, color=QUIET, va="top", **text)  # type: ignore[arg-type]


def architecture_figure(rows: Sequence[LayerRow], *, name: str = "The network") -> Figure:
    """The network from the image at the left to the classes at the right."""
    x, y = _limits(blocks(rows))
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


def architecture_pointing(
    rows: Sequence[LayerRow], *, width: int = 690, chosen: str | None = None
) -> go.Figure:
    """The same to point at; a click returns the layer's name.

    Args:
        rows: Of the network.
        width: To fill, px.
        chosen: Layer to outline.
    """
    figure = go.Figure()
    drawn, beside = blocks_of_width(rows, width)
    x, y = _limits(drawn)
    under = y[0] + 44  # where labels begin
    stand: dict[str, str | int] = {"yanchor": "top"}
    if not beside:
        stand |= {"xanchor": "right", "textangle": -45}
        aslant = [ASLANT * block.label_px for block in drawn]
        left = min(block.middle - long for block, long in zip(drawn, aslant, strict=True))
        x, y = (min(x[0], left), x[1]), (under - max(aslant) - 16, y[1])
    for block in drawn:
        for points, shade in zip(block.faces, block.shades, strict=True):
            path = "M" + " L".join(f"{px:.1f},{py:.1f}" for px, py in points) + " Z"
            line = {"color": CHOSEN if block.row.name == chosen else PAPER, "width": 1}
            figure.add_shape(type="path", path=path, fillcolor=shade, line=line)
        figure.add_annotation(
            x=block.middle,
            y=under,
            text=escape(block.label).replace("\n", "<br>"),
            showarrow=False,
            **stand,
        )
    centres = [(0.0, block.middle) for block in drawn]
    sizes = [max(18.0, min(block.front + GAP, block.height)) for block in drawn]
    names, words = [block.row.name for block in drawn], [block.words for block in drawn]
    return point_at_shapes(figure, centres, sizes, names, words, x, y)


def big(value: int) -> str:
    """Millions and thousands in three digits."""
    for unit, size in (("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return number(value)


def _limits(drawn: Sequence[Block]) -> tuple[tuple[float, float], tuple[float, float]]:
    low = min(-block.height / 2 for block in drawn)
    high = max(block.height / 2 + block.slant for block in drawn)
    first, last = drawn[0], drawn[-1]
    left = first.middle - first.label_px / 2  # its label may begin before it
    right = max(last.right + 12, last.middle + last.label_px / 2)
    return (min(-8.0, left), right), (low - 50, high + 4)
