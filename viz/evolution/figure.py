"""When channels learn: channels down, epochs across, as in Zeiler & Fergus, figure 4."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from viz.drawing.sheet import channels_last, factor, sheet, shrink, small_projections
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
from viz.evolution.compute import Evolution
from viz.evolution.query import EvolutionShown

TILE_PX, NAME_PX = 72, 66


def draw_channel(ax: Axes, evolution: Evolution, index: int) -> None:
    """One channel: its best patch at each epoch above, the projection below."""
    show(ax, channel_pixels(evolution, index))


def channel_pixels(evolution: Evolution, index: int) -> np.ndarray:
    """The two rows of one channel as an image, (H, W, 4) uint8."""
    patches = shrink(channels_last(evolution.patch[:, index]), TILE_PX)
    projections = small_projections(evolution.projection[:, index], TILE_PX)
    tiles = np.concatenate([patches, projections])
    enlarge = factor(tiles.shape[1], TILE_PX)
    return sheet(tiles, len(evolution.epoch), gap=3, enlarge=enlarge)[0]


def draw(shown: EvolutionShown) -> Figure:
    """The best patch over its projection for each channel and epoch."""
    return evolution_figure(shown.evolution)


def evolution_figure(evolution: Evolution) -> Figure:
    """The best patch over its projection for each channel and epoch."""
    epochs, channels = evolution.epoch.tolist(), evolution.channel.tolist()
    high, wide = channel_pixels(evolution, 0).shape[:2]
    side = (high - 3) // 2
    pitch = high + 20
    width, height = NAME_PX + wide, 14 + len(channels) * pitch
    reading = "above: the strongest patch at that epoch; below: its projection, mid grey is zero"
    title = f"When {evolution.layer} learned what it sees"
    figure = pixel_figure(width, height, title, reading)
    for place, channel in enumerate(channels):
        ax = pixel_axes(figure, NAME_PX, 14 + place * pitch, wide, high)
        draw_channel(ax, evolution, place)
        ax.text(-NAME_PX - 0.5, side / 2, f"channel {channel}", size=SMALL_PT + 0.5, color=INK)
        for column, epoch in enumerate(epochs):
            x = column * (side + 3)
            score = number(float(evolution.score[column, place]))
            ax.text(x, high + 1, score, size=SMALL_PT, color=QUIET, va="top")
            if place == 0:
                ax.text(x, -5, f"epoch {epoch}", size=TEXT_PT - 1, color=INK, va="bottom")
    return figure
