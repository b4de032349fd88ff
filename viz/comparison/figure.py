"""The curves of several variants over each other, as in Krizhevsky et al. 2012, figure 1."""

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any

import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, PercentFormatter

from viz.comparison.compute import Curve, mean_curve
from viz.drawing.colours import class_colour
from viz.drawing.style import DARK_QUIET, DPI, INK, PAPER, QUIET, SMALL_PT, TEXT_PT, TITLE_PT, plain

SEED = 0.45  # opacity of one seed's curve where the mean of several is drawn over it
GRID = "rgba(128, 128, 128, 0.2)"


def draw_comparison(ax: Axes, curves: Sequence[Curve], *, threshold: float | None = None) -> None:
    """Validation error solid, training error dashed, a colour a variant, from 0 to 100 %.

    Several seeds are thin lines under their mean.
    """
    for place, (variant, ours) in enumerate(_by_variant(curves).items()):
        look: dict[str, Any] = {"color": class_colour(place), "linewidth": 1.6}
        thin = look | {"linewidth": 0.7, "alpha": SEED}
        if len(ours) > 1:
            for curve in ours:
                ax.plot(curve.epoch, curve.val_error, **thin)
                ax.plot(curve.epoch, curve.train_error, "--", **thin)
        mean = mean_curve(ours)
        marker = "o" if len(mean.epoch) == 1 else ""
        (line,) = ax.plot(
            mean.epoch, mean.val_error, label=plain(variant), marker=marker, markersize=3, **look
        )
        line.set_gid(variant)
        ax.plot(mean.epoch, mean.train_error, "--", marker=marker, markersize=3, **look)
    if threshold is not None:
        ax.axhline(threshold, color=QUIET, linewidth=0.8, linestyle=":")
    ax.set_ylim(0, 1)
    ax.set_xlabel("epoch", size=TEXT_PT, color=INK)
    ax.set_ylabel("top-1 error", size=TEXT_PT, color=INK)
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.tick_params(labelsize=SMALL_PT, color=QUIET, labelcolor=INK, length=3, width=0.6)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set(color=QUIET, linewidth=0.6)
    ax.grid(axis="y", color=QUIET, alpha=0.2, linewidth=0.6)
    ax.set_facecolor("none")


def comparison_figure(
    curves: Sequence[Curve],
    *,
    title: str = "",
    paper: Mapping[str, str] | None = None,
    threshold: float | None = None,
) -> Figure:
    """The curves with a legend beside them and the paper's numbers below.

    Args:
        curves: Of all runs.
        title: Of the comparison.
        paper: What the paper has for a variant, by name.
        threshold: Training error at which runs end, drawn as a line.
    """
    figure = Figure(figsize=(7.6, 4.0), dpi=DPI, layout="constrained", facecolor=PAPER)
    ax = figure.subplots()
    draw_comparison(ax, curves, threshold=threshold)
    ax.set_title(plain(title, 90), size=TITLE_PT, weight="bold", color=INK, loc="left", pad=8)
    lines, names = ax.get_legend_handles_labels()
    lines += [Line2D([], [], color=QUIET, linestyle="-", linewidth=1.2)]
    lines += [Line2D([], [], color=QUIET, linestyle="--", linewidth=1.2)]
    names += ["validation", "training"]
    if threshold is not None:
        lines += [Line2D([], [], color=QUIET, linestyle=":", linewidth=0.8)]
        names += [f"{threshold:.0%} error"]
    figure.legend(
        lines,
        names,
        loc="outside right upper",
        frameon=False,
        fontsize=SMALL_PT + 0.5,
        labelcolor=INK,
    )
    said = "; ".join(f"{variant}: {words}" for variant, words in (paper or {}).items())
    if said:
        caption = fill(f"In the paper: {plain(said, 400)}", 120)
        figure.supxlabel(caption, size=SMALL_PT + 0.5, color=QUIET, x=0.01, ha="left")
    return figure


def comparison_lines(
    curves: Sequence[Curve],
    variants: Sequence[str],
    *,
    threshold: float | None = None,
    dark: bool = False,
) -> go.Figure:
    """The same to point at: the pointer reads values, the legend hides and shows variants.

    Args:
        curves: Of all runs.
        variants: Names of all variants, so that each keeps its colour while others are missing.
        threshold: Training error at which runs end, drawn as a line.
        dark: For a dark page.
    """
    quiet = DARK_QUIET if dark else QUIET
    figure = go.Figure()
    found = _by_variant(curves)
    for place, variant in enumerate(variants):
        ours = found.get(variant, [])
        if len(ours) > 1:
            for curve in ours:
                _add_lines(figure, curve, class_colour(place), f"{variant}, seed {curve.seed}", 1.0)
        if ours:
            _add_lines(figure, mean_curve(ours), class_colour(place), variant, 2.2)
    for words, dash in (("validation", "solid"), ("training", "dash")):
        line = {"color": quiet, "dash": dash, "width": 1.5}
        figure.add_trace(go.Scatter(x=[None], y=[None], mode="lines", line=line, name=words))
    if threshold is not None:
        figure.add_hline(
            threshold,
            line={"color": quiet, "dash": "dot", "width": 1},
            annotation={"text": f"{threshold:.0%} error", "font": {"color": quiet, "size": 11}},
            annotation_position="bottom left",
        )
    epochs = max((int(curve.epoch[-1]) for curve in curves), default=1)
    return _dress(figure, quiet, epochs)


def _add_lines(figure: go.Figure, curve: Curve, colour: str, name: str, width: float) -> None:
    is_mean = curve.seed < 0
    for error, dash, words in (
        (curve.val_error, "solid", "validation"),
        (curve.train_error, "dash", "training"),
    ):
        figure.add_trace(
            go.Scatter(
                x=curve.epoch.tolist(),
                y=error.tolist(),
                mode="lines+markers" if len(curve.epoch) == 1 else "lines",
                line={"color": colour, "dash": dash, "width": width},
                opacity=1.0 if is_mean else SEED,
                name=curve.variant,
                legendgroup=curve.variant,
                showlegend=is_mean and dash == "solid",
                hovertemplate=f"{name}, {words}<br>epoch %{{x}}: %{{y:.1%}}<extra></extra>",
            )
        )


def _dress(figure: go.Figure, quiet: str, epochs: int) -> go.Figure:
    axis = {"gridcolor": GRID, "zeroline": False, "fixedrange": True, "linecolor": quiet}
    whole = next(step for step in (1, 2, 5, 10, 20, 50, 100, 1000) if epochs / step <= 15)
    figure.update_xaxes(title="epoch", rangemode="tozero", showgrid=False, dtick=whole, **axis)
    figure.update_yaxes(title="top-1 error", tickformat=".0%", range=[0, 1.005], **axis)
    return figure.update_layout(
        height=430,
        margin={"l": 60, "r": 10, "t": 10, "b": 45},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": quiet, "size": 12},
        hoverlabel={"bgcolor": INK, "bordercolor": INK, "font": {"color": PAPER, "size": 12}},
        hovermode="closest",
        legend={"x": 1.01, "y": 1, "itemclick": "toggle", "itemdoubleclick": "toggleothers"},
        dragmode=False,
        uirevision="same",  # what the legend hides stays hidden while the curves grow
    )


def _by_variant(curves: Sequence[Curve]) -> dict[str, list[Curve]]:
    found: dict[str, list[Curve]] = {}
    for curve in curves:
        found.setdefault(curve.variant, []).append(curve)
    return found
