"""All that is known of one channel on one sheet."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from viz.drawing.colours import OKABE_ITO, class_colour
from viz.drawing.sheet import as_array, channels_last, small_projections
from viz.drawing.style import (
    INK,
    QUIET,
    SMALL_PT,
    TEXT_PT,
    class_name,
    head,
    number,
    pixel_axes,
    pixel_figure,
)
from viz.drawing.words import percent
from viz.top_patches.figure import TILE_PX, block, draw_block
from viz.unit.compute import Profiles
from viz.unit.query import UnitShown

GAP_PX, CHART_PX, NAMES_PX, CLASSES = 18, 230, 120, 8


def draw_histogram(ax: Axes, profiles: Profiles, channel: int) -> None:
    """How many images excite the channel how much."""
    edge, images = as_array(profiles.edge[channel]), as_array(profiles.images[channel])
    ax.stairs(images, edge, fill=True, color=OKABE_ITO[0], alpha=0.7)
    ax.set_xlim(0, max(float(edge[-1]), 1e-9))
    ax.set_xlabel("strongest response", size=TEXT_PT, color=INK)
    _axes(ax)
    ax.yaxis.set_major_locator(MaxNLocator(4, integer=True))


def draw_preferred(
    ax: Axes, profiles: Profiles, channel: int, classes: Sequence[str], count: int = CLASSES
) -> None:
    """The classes that excite the channel most, by their mean response."""
    chosen = profiles.preferred(channel, count)
    means = as_array(profiles.by_class[channel])[chosen]
    rows = np.arange(len(chosen))
    ax.barh(rows, means, height=0.7, color=[class_colour(index) for index in chosen])
    ax.set_yticks(rows, [class_name(classes, index, 20) for index in chosen])
    ax.set_ylim(max(count, 1) - 0.5, -0.5)
    ax.set_xlabel("mean response", size=TEXT_PT, color=INK)
    _axes(ax)


def draw(shown: UnitShown) -> Figure:
    """All that is known of the channel that is looked at."""
    pictures, channel = shown.pictures(), shown.look.channel
    return unit_figure(
        pictures.patch[0],
        pictures.projection[0],
        shown.top.score[channel],
        shown.profiles,
        channel,
        shown.classes,
        layer=shown.layer,
        epoch=shown.epoch,
    )


def unit_figure(
    patches: Tensor,
    projections: Tensor,
    score: Tensor,
    profiles: Profiles,
    channel: int,
    classes: Sequence[str],
    *,
    layer: str,
    epoch: int,
) -> Figure:
    """Nine patches, their projections, the responses to all images and the classes.

    Args:
        patches: (k, 3, s, s) in [0, 1], best first.
        projections: (k, 3, s, s) signed, of the same places.
        score: (k,) activations.
        profiles: Of the layer.
        channel: Which.
        classes: Names of all classes.
        layer: Its layer.
        epoch: Of the network.
    """
    shown = channels_last(patches), small_projections(projections, TILE_PX)
    high, wide = block(shown[0])[0].shape[:2]
    charts = 2 * (wide + GAP_PX)
    width = charts + CHART_PX + NAMES_PX + GAP_PX + CHART_PX
    fires = float(profiles.active[channel])
    reading = (
        f"above zero in {percent(fires, 0)} of the images" if fires else "above zero in no image"
    )
    title = f"{layer}, channel {channel}, epoch {epoch}"
    figure = pixel_figure(width, max(high, CHART_PX) + 40, title, reading)
    captions = [number(value) for value in score.tolist()]
    names = ("nine strongest patches", "their projections")
    for side, (tiles, name) in enumerate(zip(shown, names, strict=True)):
        ax = pixel_axes(figure, side * (wide + GAP_PX), 16, wide, high)
        draw_block(ax, tiles, captions if side == 0 else [])
        head(ax, name)
    ax = pixel_axes(figure, charts + 30, 16, CHART_PX - 30, CHART_PX - 20)
    draw_histogram(ax, profiles, channel)
    head(ax, "images by response")
    left = charts + CHART_PX + NAMES_PX + GAP_PX
    ax = pixel_axes(figure, left, 16, CHART_PX - 30, CHART_PX - 20)
    draw_preferred(ax, profiles, channel, classes)
    head(ax, "classes it prefers")
    return figure


def _axes(ax: Axes) -> None:
    """Quiet axes again: `pixel_axes` are made for pictures."""
    ax.set_facecolor("none")
    ax.spines[["left", "bottom"]].set(visible=True, color=QUIET, linewidth=0.6)
    ax.tick_params(labelsize=SMALL_PT, color=QUIET, labelcolor=INK, length=3, width=0.6)
    ax.xaxis.set_major_locator(MaxNLocator(4))
