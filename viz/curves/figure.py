"""How training went: loss and error, and where it starts to overfit."""

import pandas as pd
import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from plotly.subplots import make_subplots

from training.overfitting import overfits_after
from viz.curves.query import CurvesShown
from viz.drawing.colours import OKABE_ITO
from viz.drawing.lines import add_line, dress_lines
from viz.drawing.style import DARK_QUIET, DPI, INK, PAPER, QUIET, SMALL_PT, TEXT_PT, head, number

TRAIN, VALIDATION = OKABE_ITO[4], OKABE_ITO[5]
OVERFITTING = "rgba(213, 94, 0, 0.10)"
MARGINS_PX = 88  # above and below the panels to point at


def draw(shown: CurvesShown) -> Figure:
    """The curves of the run, or those of its layers."""
    from viz.curves.layers_figure import layers_figure  # which builds on this module

    if shown.of == "layers":
        return layers_figure(shown.metrics, shown.layers)
    return curves_figure(shown.metrics)


def draw_loss(ax: Axes, metrics: pd.DataFrame) -> None:
    """Loss of both sets."""
    head(ax, "loss (nats)")
    _line(ax, metrics["epoch"], metrics["train_loss"], "train", TRAIN)
    _line(ax, metrics["epoch"], metrics["val_loss"], "validation", VALIDATION)
    ax.set_ylim(0, 1.15 * ax.get_ylim()[1])
    finish(ax)


def draw_error(ax: Axes, metrics: pd.DataFrame) -> None:
    """Top-1 error of both sets and top-5 error, from 0 to 100 %."""
    head(ax, "error")
    _line(ax, metrics["epoch"], 1 - metrics["train_top1"], "train, top-1", TRAIN)
    _line(ax, metrics["epoch"], 1 - metrics["val_top1"], "validation, top-1", VALIDATION)
    _line(ax, metrics["epoch"], 1 - metrics["val_top5"], "validation, top-5", VALIDATION, "--")
    ax.set_ylim(0, 1)
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    finish(ax)


def mark_best(ax: Axes, metrics: pd.DataFrame) -> None:
    """A line at the lowest validation loss, and whether the network overfits after it.

    Its words stand on the side where there is more room, so call it when the axis is as it stays.
    """
    epoch = best_epoch(metrics)
    if epoch is None:
        return
    ax.axvline(epoch, color=QUIET, linewidth=0.8, linestyle=":")
    is_right = epoch > sum(ax.get_xlim()) / 2
    place = {"ha": "right", "xytext": (-5, 0)} if is_right else {"xytext": (5, 0)}
    ax.annotate(
        "\n".join(best_words(metrics)),
        (epoch, 1),
        xycoords=ax.get_xaxis_transform(),
        textcoords="offset points",
        va="top",
        size=SMALL_PT,
        color=QUIET,
        **place,
    )


def best_words(metrics: pd.DataFrame) -> list[str]:
    """What the line at the lowest validation loss says, in short lines."""
    epoch = best_epoch(metrics)
    if epoch is None:
        return []
    loss = number(float(metrics["val_loss"].min()))
    words = ["lowest validation loss", f"{loss} at epoch {epoch}"]
    if overfits_after(metrics) is not None:
        words.append(f"overfits after epoch {epoch}")
    return words


def best_epoch(metrics: pd.DataFrame) -> int | None:
    """The epoch of the lowest validation loss; None before there is one."""
    known = metrics.dropna(subset=["val_loss"])
    return int(known["epoch"].iloc[int(known["val_loss"].argmin())]) if len(known) else None


def curves_figure(metrics: pd.DataFrame, *, epochs: int | None = None) -> Figure:
    """Loss beside error, by epoch.

    Args:
        metrics: A row an epoch, with the columns of a run's metrics.csv; top-1 and top-5 are
            accuracies in [0, 1].
        epochs: Of the whole run, so that the curves of a run that trains grow into the picture;
            those there are if not given.
    """
    figure = Figure(figsize=(7.6, 2.9), dpi=DPI, layout="constrained", facecolor=PAPER)
    left, right = figure.subplots(1, 2)
    draw_loss(left, metrics)
    draw_error(right, metrics)
    for ax in (left, right):
        ax.set_xlim(0.5, max(epochs or len(metrics), 2) + 0.5)
    mark_best(left, metrics)
    return figure


def curves_lines(
    metrics: pd.DataFrame,
    *,
    epochs: int | None = None,
    dark: bool = False,
    height: int = 320,
    stacked: bool = False,
) -> go.Figure:
    """The same to point at: the pointer reads values, the legend hides and shows lines.

    Args:
        metrics: As for `curves_figure`.
        epochs: As for `curves_figure`.
        dark: For a dark page.
        height: In pixels.
        stacked: Loss above error, for a narrow column.
    """
    if stacked:
        figure = make_subplots(rows=2, vertical_spacing=80 / (height - MARGINS_PX))
    else:
        figure = make_subplots(cols=2, horizontal_spacing=0.09)
    last = max(epochs or len(metrics), 2)
    places = [(1, 1), (2, 1) if stacked else (1, 2)]
    for panel_number, (place, panel) in enumerate(zip(places, (LOSS, ERROR), strict=True), 1):
        for name, (words, colour, dash) in panel.items():
            values = metrics[name] if name.endswith("loss") else 1 - metrics[name]
            shown = ":.3g} nats" if name.endswith("loss") else ":.1%}"
            add_line(
                figure, metrics["epoch"], values, words, colour, shown,
                dash=dash, place=place, legend=f"legend{panel_number}",
            )  # fmt: skip
    dress_lines(figure, ["loss (nats)", "error"], last, dark=dark, height=height)
    highest = metrics[list(LOSS)].max().max() if len(metrics) else 1.0
    (_, _), (row, col) = places
    figure.update_yaxes(range=[0, 1.15 * highest], row=1, col=1)  # room for the words at the line
    figure.update_yaxes(range=[0, 1.005], tickformat=".0%", row=row, col=col)
    if stacked:
        figure.update_xaxes(title=None, row=1, col=1)
    _mark_best_line(figure, metrics, last, dark)
    _shade_overfitting(figure, metrics, last, places)
    return figure


LOSS = {
    "train_loss": ("train", TRAIN, "solid"),
    "val_loss": ("validation", VALIDATION, "solid"),
}
ERROR = {
    "train_top1": ("train, top-1", TRAIN, "solid"),
    "val_top1": ("validation, top-1", VALIDATION, "solid"),
    "val_top5": ("validation, top-5", VALIDATION, "dash"),
}


def _shade_overfitting(
    figure: go.Figure, metrics: pd.DataFrame, last: int, places: list[tuple[int, int]]
) -> None:
    """All epochs after which the network only learns its training images better."""
    epoch = overfits_after(metrics)
    for row, col in places if epoch is not None else ():
        figure.add_vrect(
            epoch, last + 0.5, fillcolor=OVERFITTING, line_width=0, layer="below", row=row, col=col
        )


def _mark_best_line(figure: go.Figure, metrics: pd.DataFrame, last: int, dark: bool) -> None:
    epoch = best_epoch(metrics)
    if epoch is None:
        return
    quiet = DARK_QUIET if dark else QUIET
    is_right = epoch > (last + 1) / 2
    figure.add_vline(epoch, line={"color": quiet, "dash": "dot", "width": 1}, row=1, col=1)
    lowest = {"symbol": "circle-open", "size": 12, "color": VALIDATION, "line": {"width": 2}}
    figure.add_scatter(
        x=[epoch], y=[float(metrics["val_loss"].min())], mode="markers", marker=lowest,
        hoverinfo="skip", showlegend=False, row=1, col=1,
    )  # fmt: skip
    figure.add_annotation(
        x=epoch,
        y=1,
        yref="y domain",
        xref="x",
        text="<br>".join(best_words(metrics)),
        showarrow=False,
        align="right" if is_right else "left",
        xanchor="right" if is_right else "left",
        yanchor="top",
        xshift=-4 if is_right else 4,
        font={"size": 11, "color": quiet},
    )


def _line(
    ax: Axes, epochs: pd.Series, values: pd.Series, label: str, colour: str, style: str = "-"
) -> None:
    marker = "o" if len(epochs) <= 20 else ""  # of many epochs, dots would hide the line
    (line,) = ax.plot(epochs, values, style, label=label, color=colour, linewidth=1.5)
    line.set(marker=marker, markersize=3)


def finish(ax: Axes, *, legend: bool = True) -> None:
    """The type and the lines of a panel over the epochs."""
    ax.set_xlabel("epoch", size=TEXT_PT, color=INK)
    ax.tick_params(labelsize=SMALL_PT, color=QUIET, labelcolor=INK, length=3, width=0.6)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set(color=QUIET, linewidth=0.6)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.grid(axis="y", color=QUIET, alpha=0.2, linewidth=0.6)
    if legend:
        ax.legend(frameon=False, fontsize=SMALL_PT, labelcolor=INK)
    ax.set_facecolor("none")
