"""How training went: loss and error, and where it starts to learn by heart."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from viz.figures.colours import OKABE_ITO
from viz.figures.style import DPI, INK, PAPER, QUIET, SMALL_PT, TEXT_PT, head, number

TRAIN, VALIDATION = OKABE_ITO[4], OKABE_ITO[5]


def draw_loss(ax: Axes, metrics: pd.DataFrame) -> None:
    """Loss of both sets."""
    head(ax, "loss (nats)")
    _line(ax, metrics["epoch"], metrics["train_loss"], "train", TRAIN)
    _line(ax, metrics["epoch"], metrics["val_loss"], "validation", VALIDATION)
    ax.set_ylim(0, 1.15 * ax.get_ylim()[1])
    _finish(ax)


def draw_error(ax: Axes, metrics: pd.DataFrame) -> None:
    """Top-1 error of both sets and top-5 error, from 0 to 100 %."""
    head(ax, "error")
    _line(ax, metrics["epoch"], 1 - metrics["train_top1"], "train, top-1", TRAIN)
    _line(ax, metrics["epoch"], 1 - metrics["val_top1"], "validation, top-1", VALIDATION)
    _line(ax, metrics["epoch"], 1 - metrics["val_top5"], "validation, top-5", VALIDATION, "--")
    ax.set_ylim(0, 1)
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    _finish(ax)


def mark_best(ax: Axes, metrics: pd.DataFrame) -> None:
    """A line at the lowest validation loss; beyond it the network learns by heart.

    Its words stand on the side where there is more room, so call it when the axis is as it stays.
    """
    epoch = best_epoch(metrics)
    if epoch is None:
        return
    ax.axvline(epoch, color=QUIET, linewidth=0.8, linestyle=":")
    loss = float(metrics["val_loss"].min())
    last = int(metrics["epoch"].max())
    text = f"lowest validation loss\n{number(loss)} at epoch {epoch}"
    if epoch < last:
        text += "\nfrom here on it overfits"
    is_right = epoch > sum(ax.get_xlim()) / 2
    place = {"ha": "right", "xytext": (-5, 0)} if is_right else {"xytext": (5, 0)}
    ax.annotate(
        text,
        (epoch, 1),
        xycoords=ax.get_xaxis_transform(),
        textcoords="offset points",
        va="top",
        size=SMALL_PT,
        color=QUIET,
        **place,
    )


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


def _line(
    ax: Axes, epochs: pd.Series, values: pd.Series, label: str, colour: str, style: str = "-"
) -> None:
    marker = "o" if len(epochs) <= 20 else ""  # of many epochs, dots would hide the line
    (line,) = ax.plot(epochs, values, style, label=label, color=colour, linewidth=1.5)
    line.set(marker=marker, markersize=3)


def _finish(ax: Axes) -> None:
    ax.set_xlabel("epoch", size=TEXT_PT, color=INK)
    ax.tick_params(labelsize=SMALL_PT, color=QUIET, labelcolor=INK, length=3, width=0.6)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set(color=QUIET, linewidth=0.6)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.grid(axis="y", color=QUIET, alpha=0.2, linewidth=0.6)
    ax.legend(frameon=False, fontsize=SMALL_PT, labelcolor=INK)
    ax.set_facecolor("none")
