"""Figures one below the other, for what cannot be set side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from viz.drawing.fonts import legible
from viz.drawing.style import DPI, head, pixel_axes, pixel_figure, plain, show

SHARP, GAP_PX = 2, 34  # pixels of the picture for one of the figure


def stacked(figures: Sequence[Figure], titles: Sequence[str]) -> Figure:
    """The figures as pictures, each under its network's name.

    Args:
        figures: Of one view.
        titles: Of the networks.
    """
    pictures = [_pixels(figure) for figure in figures]
    sizes = [(each.shape[1] // SHARP, each.shape[0] // SHARP) for each in pictures]
    height = sum(tall for _, tall in sizes) + GAP_PX * (len(sizes) - 1) + 16
    both = pixel_figure(max(wide for wide, _ in sizes), height, "Two networks")
    top = 16
    for picture, (wide, tall), who, title in zip(pictures, sizes, "AB", titles, strict=True):
        ax = pixel_axes(both, 0, top, wide, tall)
        show(ax, picture)
        head(ax, f"{who}: {plain(title, 60)}")
        top += tall + GAP_PX
    return both


def _pixels(figure: Figure) -> np.ndarray:
    figure.set_dpi(SHARP * DPI)
    legible(figure)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())
