"""Mean average precision by layer, or over epochs with a curve a layer; pixels as a line."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from viz.drawing.colours import OKABE_ITO, by_depth
from viz.drawing.style import DPI, INK, PAPER, QUIET, SMALL_PT, TEXT_PT, head
from viz.retrieval_scores.query import PIXELS, ScoresShown

WIDTH_PX, HEIGHT_PX = 740, 320
LAYERS, BESIDE = OKABE_ITO[0], OKABE_ITO[5]


def draw(shown: ScoresShown, width_px: int = WIDTH_PX) -> Figure:
    """One epoch layer by layer, several as curves; dashed what raw pixels do, dotted chance."""
    size = (width_px / DPI, HEIGHT_PX / DPI)
    figure = Figure(figsize=size, dpi=DPI, layout="constrained", facecolor=PAPER)
    ax = figure.subplots()
    epochs = shown.asked.epochs
    layers = [layer for layer in shown.asked.layers if layer != PIXELS]
    if len(epochs) == 1:
        values = [shown.mean(epochs[0], layer) for layer in layers]
        ax.plot(range(len(layers)), values, "o-", color=LAYERS, linewidth=1.6, markersize=5)
        ax.set_xticks(range(len(layers)), layers, rotation=0 if len(layers) < 12 else 60)
    else:
        for layer, colour in zip(layers, by_depth(layers), strict=True):
            curve = [shown.mean(epoch, layer) for epoch in epochs]
            ax.plot(epochs, curve, color=colour, linewidth=1.6, label=layer)
        ax.set_xlabel("epoch", size=TEXT_PT, color=QUIET)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    pixels = shown.mean(epochs[-1], PIXELS)
    ax.axhline(pixels, color=BESIDE, linewidth=1.2, linestyle="--", label="raw pixels")
    ax.axhline(shown.chance, color=QUIET, linewidth=1.0, linestyle=":", label="random order")
    at = f", epoch {epochs[0]}" if len(epochs) == 1 else ""
    head(ax, f"{shown.name}{at}: mean average precision of finding the same class")
    ax.set_ylim(0, None)
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.grid(axis="y", color=QUIET, alpha=0.2, linewidth=0.6)
    ax.tick_params(labelsize=SMALL_PT + 0.5, length=2, color=QUIET, labelcolor=INK)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(QUIET)
    ax.legend(frameon=False, fontsize=SMALL_PT + 0.5, labelcolor=INK, ncols=2)
    return figure
