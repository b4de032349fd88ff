"""What features are worth: accuracy by layer, and over epochs as curves and as a map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from training.probe import LossName
from viz.drawing.colours import OKABE_ITO, by_depth
from viz.drawing.lines import GRID
from viz.drawing.style import (
    AMOUNT,
    DARK_INK,
    DARK_QUIET,
    DPI,
    INK,
    PAPER,
    QUIET,
    SMALL_PT,
    TEXT_PT,
    head,
    scale_bar,
    show,
)
from viz.probe import papers
from viz.probe.query import NAMES, ProbeShown

WIDTH_PX, HEIGHT_PX, LEGEND_PX = 740, 340, 120
COLOURS: dict[LossName, str] = {"svm": OKABE_ITO[4], "softmax": OKABE_ITO[5]}


def draw(shown: ProbeShown, width_px: int = WIDTH_PX) -> Figure:
    """By layer at one epoch; over several as curves and as a map, a row for each classifier."""
    rows = 1 if len(shown.asked.epochs) == 1 else len(shown.asked.classifier)
    size = (width_px / DPI, rows * HEIGHT_PX / DPI)
    figure = Figure(figsize=size, dpi=DPI, layout="constrained", facecolor=PAPER)
    if len(shown.asked.epochs) == 1:
        draw_layers(figure.subplots(), shown)
        return figure
    grid = figure.subplots(rows, 3, width_ratios=(3, 2, 0.06), squeeze=False)
    for (curves, cells, bar), classifier in zip(grid, shown.asked.classifier, strict=True):
        draw_epochs(curves, shown, classifier)
        low, high = draw_map(cells, shown, classifier)
        scale_bar(figure, bar, AMOUNT, low, high, "accuracy, %")
    return figure


def draw_layers(ax: Axes, shown: ProbeShown) -> None:
    """Mean and deviation of each layer; hollow what the paper found."""
    [epoch], layers = shown.asked.epochs, shown.asked.layers
    head(ax, f"{shown.name}, epoch {epoch}: accuracy of a linear classifier on each layer")
    for classifier in shown.asked.classifier:
        curve = shown.curve(epoch, classifier)
        ax.errorbar(
            range(len(layers)),
            [one.mean for one in curve],
            [one.deviation for one in curve],
            color=COLOURS[classifier], marker="o", markersize=5, linewidth=1.6, capsize=3,
            label=NAMES[classifier],
        )  # fmt: skip
        paper = [_published(shown, layer, classifier) for layer in layers]
        known = [(place, value[0] / 100) for place, value in enumerate(paper) if value]
        if known:
            ax.plot(
                *zip(*known, strict=True), "o", color=COLOURS[classifier], markersize=6,
                markerfacecolor="none", linestyle="", alpha=0.7,
                label=f"{NAMES[classifier]}, {papers.FIRST}, ImageNet",
            )  # fmt: skip
    ax.set_xticks(range(len(layers)), layers, rotation=0 if len(layers) < 12 else 60)
    _dress(ax, top=1.0)
    ax.legend(frameon=False, fontsize=SMALL_PT + 0.5, labelcolor=INK, loc="lower right")


def draw_epochs(ax: Axes, shown: ProbeShown, classifier: LossName) -> None:
    """One curve a layer; the deviation as a band."""
    epochs = shown.asked.epochs
    head(ax, f"{NAMES[classifier]}, {shown.name}")
    for layer, colour in zip(shown.asked.layers, by_depth(shown.asked.layers), strict=True):
        curve = [shown.found[epoch, layer, classifier] for epoch in epochs]
        mean = np.array([one.mean for one in curve])
        spread = np.array([one.deviation for one in curve])
        ax.fill_between(epochs, mean - spread, mean + spread, color=colour, alpha=0.2, linewidth=0)
        ax.plot(epochs, mean, color=colour, linewidth=1.6, label=layer)
    ax.set_xlabel("epoch", size=TEXT_PT, color=QUIET)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    _dress(ax)
    ax.legend(frameon=False, fontsize=SMALL_PT, labelcolor=INK, ncols=2, loc="lower right")


def draw_map(ax: Axes, shown: ProbeShown, classifier: LossName) -> tuple[float, float]:
    """Layers down, epochs across; the ends of its scale in per cent."""
    epochs, layers = shown.asked.epochs, shown.asked.layers
    means = np.array(
        [[100 * shown.found[epoch, layer, classifier].mean for epoch in epochs] for layer in layers]
    )
    low, high = float(means.min()), float(max(means.max(), means.min() + 1e-6))
    show(ax, means, cmap=AMOUNT, vmin=low, vmax=high)
    head(ax, "layer by epoch")
    every = -(-len(epochs) // 8)
    ax.set_xticks(range(0, len(epochs), every), [str(each) for each in epochs[::every]])
    ax.set_yticks(range(len(layers)), layers)
    ax.set_xlabel("epoch", size=TEXT_PT, color=QUIET)
    ax.tick_params(labelsize=SMALL_PT, length=0, labelcolor=INK)
    ax.spines[:].set_visible(False)
    return low, high


def point_at_curves(shown: ProbeShown, width_px: int, *, dark: bool) -> go.Figure:
    """Curves to point at; a click returns [epoch, layer].

    Of one epoch the layers stand in a row, a curve a classifier; of several there is a curve a
    layer, of the first classifier.
    """
    asked = shown.asked
    figure = go.Figure()
    if len(asked.epochs) == 1:
        [epoch] = asked.epochs
        places = [(epoch, layer) for layer in asked.layers]
        for classifier in asked.classifier:
            curve, name = shown.curve(epoch, classifier), NAMES[classifier]
            _add(figure, asked.layers, curve, places, name, COLOURS[classifier])
            _add_paper(figure, shown, classifier)
    else:
        classifier = asked.classifier[0]
        for layer, colour in zip(asked.layers, by_depth(asked.layers), strict=True):
            curve = [shown.found[epoch, layer, classifier] for epoch in asked.epochs]
            places = [(epoch, layer) for epoch in asked.epochs]
            _add(figure, list(asked.epochs), curve, places, layer, colour)
        figure.update_xaxes(title={"text": "epoch", "standoff": 4}, tickformat="d")
    ink, quiet = (DARK_INK, DARK_QUIET) if dark else (INK, QUIET)
    figure.update_yaxes(title={"text": "accuracy, %", "standoff": 6})
    figure.update_xaxes(showgrid=False, linecolor=quiet, fixedrange=True)
    figure.update_yaxes(gridcolor=GRID, zeroline=False, fixedrange=True)
    figure.update_layout(
        width=width_px,
        height=HEIGHT_PX + 40,
        margin={"l": 56, "r": 10, "t": 34, "b": 44},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": quiet, "size": 12},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "font": {"color": ink}},
        hovermode="closest",
        dragmode=False,
        clickmode="event+select",
    )
    return figure


def _add(
    figure: go.Figure,
    x: Sequence[Any],
    curve: Sequence[Any],
    places: Sequence[tuple[int, str]],
    name: str,
    colour: str,
) -> None:
    figure.add_trace(
        go.Scatter(
            x=x,
            y=[100 * one.mean for one in curve],
            error_y={"array": [100 * one.deviation for one in curve], "thickness": 1},
            mode="lines+markers",
            name=name,
            line={"color": colour, "width": 2},
            marker={"size": 8},
            customdata=[list(place) for place in places],
            hovertemplate="%{customdata[1]}, epoch %{customdata[0]}: %{y:.1f} %<extra></extra>",
        )
    )


def _add_paper(figure: go.Figure, shown: ProbeShown, classifier: LossName) -> None:
    paper = [(layer, _published(shown, layer, classifier)) for layer in shown.asked.layers]
    known = [(layer, found[0]) for layer, found in paper if found]
    if known:
        figure.add_trace(
            go.Scatter(
                x=[layer for layer, _ in known],
                y=[mean for _, mean in known],
                mode="markers",
                name=f"{NAMES[classifier]}, {papers.FIRST}, ImageNet",
                marker={"symbol": "circle-open", "size": 9, "color": COLOURS[classifier]},
                hovertemplate="%{x}: %{y:.1f} % in the paper<extra></extra>",
            )
        )


def _published(shown: ProbeShown, layer: str, classifier: LossName) -> papers.Published | None:
    return papers.published(layer, classifier, shown.asked.data, shown.asked.per_class)


def _dress(ax: Axes, top: float | None = None) -> None:
    ax.set_ylim(0, top)
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.grid(axis="y", color=QUIET, alpha=0.2, linewidth=0.6)
    ax.tick_params(labelsize=SMALL_PT + 0.5, length=2, color=QUIET, labelcolor=INK)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(QUIET)
