"""A claim as bars: what the paper found for each variant, and what was found here beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from viz.comparison.paper import PaperNumbers
from viz.drawing.colours import class_colour
from viz.drawing.style import DPI, INK, PAPER, QUIET, TITLE_PT, plain

ROW_PX, EDGE_PX = 40, 74


def claim_figure(
    variants: Sequence[str],
    paper: PaperNumbers | None,
    ours: Mapping[str, tuple[float, float]] | None = None,
    *,
    words: str = "top-1 error",
    are_shares: bool = True,
    width_px: int = 1080,
) -> Figure:
    """Bars by variant: the paper's at the left, ours at the right where there are any.

    Args:
        variants: Names, in the recipe's order; each keeps its colour.
        paper: What the paper has.
        ours: Mean and deviation over the seeds (nan for one seed) by variant; None before a run.
        words: What ours measure.
        are_shares: Whether ours are shares in [0, 1], else epochs.
        width_px: Of the figure.
    """
    panels = (paper is not None) + bool(ours)
    height = EDGE_PX + ROW_PX * len(variants)
    figure = Figure(
        figsize=(width_px / DPI, height / DPI), dpi=DPI, layout="constrained", facecolor=PAPER
    )
    axes = figure.subplots(1, max(panels, 1), sharey=True, squeeze=False)[0]
    place = 0
    if paper is not None:
        unit = "error" if paper.unit == "error" else "epochs, as multiples"
        lengths = {name: (value, paper.say(value)) for name, value in paper.values.items()}
        _bars(axes[place], variants, lengths, f"In the paper: {unit}", hatch="//")
        place += 1
    if ours:
        lengths = {name: (mean, _said(mean, off, are_shares)) for name, (mean, off) in ours.items()}
        _bars(axes[place], variants, lengths, f"Here: {words}")
    return figure


def _bars(
    ax: Axes,
    variants: Sequence[str],
    lengths: Mapping[str, tuple[float, str]],
    title: str,
    hatch: str | None = None,
) -> None:
    longest = max((value for value, _ in lengths.values()), default=1.0) or 1.0
    for row, name in enumerate(variants):
        value, said = lengths.get(name, (0.0, "no number"))
        ax.barh(
            row, value, height=0.62, color=class_colour(row), hatch=hatch,
            edgecolor=PAPER if hatch else "none", linewidth=0,
        )  # fmt: skip
        colour = INK if name in lengths else QUIET
        ax.text(value + 0.015 * longest, row, said, size=TITLE_PT, color=colour, va="center")
    ax.set_yticks(range(len(variants)), [plain(name, 40) for name in variants])
    ax.set_ylim(len(variants) - 0.5, -0.5)
    ax.set_xlim(0, 1.25 * longest)
    ax.set_xticks([])
    ax.set_title(title, size=TITLE_PT, color=INK, loc="left", weight="bold")
    ax.tick_params(labelsize=TITLE_PT, color=QUIET, labelcolor=INK, length=0)
    ax.spines[["top", "right", "bottom"]].set_visible(False)
    ax.spines[["left"]].set(color=QUIET, linewidth=0.6)
    ax.set_facecolor("none")


def _said(mean: float, deviation: float, are_shares: bool) -> str:
    off = "" if deviation != deviation else f" ± {100 * deviation:.1f}"
    if are_shares:
        return f"{100 * mean:.1f}{off} %"
    return f"{mean:.3g} epochs"
