"""Where the network looks: the panels of Zeiler & Fergus, figure 6."""

from collections.abc import Sequence
from math import ceil
from textwrap import fill

import numpy as np
import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from torch import Tensor

from viz.figures.colours import class_colour, class_colours
from viz.figures.pointing import point_at_heatmap
from viz.figures.sheet import as_array, channels_last, factor
from viz.figures.style import (
    AMOUNT,
    INK,
    PAPER,
    SMALL_PT,
    class_name,
    finish_bar,
    head,
    number,
    pixel_axes,
    pixel_figure,
    show,
)
from viz.occlusion import Occlusion

PANEL_PX, MOST_NAMES = 224, 6


def draw_picture(ax: Axes, picture: Tensor, window: int) -> None:
    """The image (3, H, W), with the square to scale in its top left corner: cell (0, 0)."""
    show(ax, channels_last(picture))  # the axes is as large as `panel_side` says
    square = Rectangle(
        (-0.5, -0.5), window, window, facecolor="#808080", edgecolor=PAPER, linewidth=1.0
    )
    ax.add_patch(square)
    ax.set(xlim=(-0.5, picture.shape[2] - 0.5), ylim=(picture.shape[1] - 0.5, -0.5))


def panel_side(picture: Tensor) -> int:
    """Side of a panel, in pixels: the image's own, times a whole factor or divided by one."""
    side = picture.shape[-1]
    return side * factor(side, PANEL_PX) if side <= PANEL_PX else side // ceil(side / PANEL_PX)


def draw_heatmap(ax: Axes, cax: Axes, heatmap: Tensor, *, high: float, label: str) -> None:
    """Amounts (rows, cols) on a fixed scale from 0."""
    artist = show(ax, as_array(heatmap), cmap=AMOUNT, vmin=0, vmax=high)
    figure = ax.get_figure()
    assert isinstance(figure, Figure)
    bar = figure.colorbar(artist, cax=cax, ticks=[0, high / 2, high])
    bar.ax.set_yticklabels([number(tick) for tick in (0, high / 2, high)])
    bar.ax.spines[:].set_visible(False)
    finish_bar(bar.ax, label)


def draw_predicted(ax: Axes, predicted: Tensor, classes: Sequence[str]) -> None:
    """The most probable class of each cell; names of those that occur, most frequent first."""
    cells = as_array(predicted)
    show(ax, class_colours(cells.flatten().tolist()).reshape(*cells.shape, 3))
    occurring = frequent(predicted)
    patches = [
        Patch(facecolor=class_colour(index), label=fill(class_name(classes, index, 40), 20))
        for index in occurring[:MOST_NAMES]
    ]
    if len(occurring) > MOST_NAMES:
        more = f"and {len(occurring) - MOST_NAMES} more"
        patches.append(Patch(facecolor="none", edgecolor="none", label=more))
    ax.legend(
        handles=patches,
        loc="upper left",
        bbox_to_anchor=(1.0, 1.02),
        frameon=False,
        fontsize=SMALL_PT,
        labelcolor=INK,
        handlelength=1,
        handleheight=1,
    )


def frequent(predicted: Tensor) -> list[int]:
    """The classes that occur, most frequent first."""
    indices, counts = predicted.unique(return_counts=True)
    return indices[counts.argsort(descending=True, stable=True)].tolist()


def occlusion_figure(picture: Tensor, result: Occlusion, classes: Sequence[str]) -> Figure:
    """Image, activation of the strongest channel, probability of the class, most probable class.

    Args:
        picture: What the network sees, (3, H, W) in [0, 1].
        result: Of the sliding square.
        classes: Names of all classes.
    """
    side, bar, legend = panel_side(picture), 78, 124
    name = class_name(classes, result.label)
    width = 4 * side + 2 * bar + 24 + legend
    title = f"Where the network looks for {name}"
    reading = (
        f"a square of {result.window} px in steps of {result.stride} px; uncovered, "
        f"P({name}) is {number(float(result.base[result.label]))}; "
        "dark: covering this spot costs the network its answer"
    )
    figure = pixel_figure(width, side + 16, title, reading)
    lefts = (0, side + 24, 2 * side + 24 + bar, 3 * side + 24 + 2 * bar)
    image, activation, probability, predicted = (
        pixel_axes(figure, left, 16, side, side) for left in lefts
    )
    draw_picture(image, picture, result.window)
    head(image, "input; grey: the square to scale")
    high = max(float(result.activation.max()), result.base_activation, 1e-12)
    cax = pixel_axes(figure, lefts[1] + side + 8, 16, 9, side)
    draw_heatmap(activation, cax, result.activation, high=high, label="sum over the map")
    head(activation, f"{result.layer}, channel {result.channel}")
    cax = pixel_axes(figure, lefts[2] + side + 8, 16, 9, side)
    draw_heatmap(probability, cax, result.probability, high=1, label="probability")
    head(probability, f"P({name})")
    draw_predicted(predicted, result.predicted, classes)
    head(predicted, "most probable class")
    return figure


def occlusion_pointing(
    result: Occlusion,
    classes: Sequence[str],
    *,
    panel: str = "probability",
    chosen: tuple[int, int] | None = None,
    side: int = 320,
) -> go.Figure:
    """One panel to point at; a click returns [row, column] of the cell.

    Args:
        result: Of the sliding square.
        classes: Names of all classes.
        panel: probability, activation or predicted.
        chosen: Cell to outline.
        side: In pixels.
    """
    hover = _hover(result, classes)
    if panel == "predicted":
        occurring = frequent(result.predicted)
        place = {index: float(number) for number, index in enumerate(occurring)}
        values = np.vectorize(place.__getitem__)(as_array(result.predicted))
        colours = _steps([class_colour(index) for index in occurring])
        return point_at_heatmap(
            values,
            hover,
            colours=colours,
            low=-0.5,
            high=len(occurring) - 0.5,
            chosen=chosen,
            side=side,
        )
    values = as_array(result.probability if panel == "probability" else result.activation)
    high = 1.0 if panel == "probability" else max(float(values.max()), result.base_activation)
    label = "probability" if panel == "probability" else "sum over the map"
    return point_at_heatmap(
        values,
        hover,
        colours="Viridis",
        low=0,
        high=high or 1.0,
        label=label,
        chosen=chosen,
        side=side,
    )


def _hover(result: Occlusion, classes: Sequence[str]) -> list[list[str]]:
    label = class_name(classes, result.label)
    return [
        [
            f"square at row {row * result.stride}, column {col * result.stride} px: "
            f"P({label}) {number(round(float(result.probability[row, col]), 3))}, "
            f"most probable {class_name(classes, int(result.predicted[row, col]))}"
            for col in range(result.probability.shape[1])
        ]
        for row in range(result.probability.shape[0])
    ]


def _steps(colours: list[str]) -> list[tuple[float, str]]:
    """A plotly scale of flat steps."""
    n = len(colours)
    return [(edge, colour) for i, colour in enumerate(colours) for edge in (i / n, (i + 1) / n)]
