"""Curves to point at: the look they share."""

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from viz.drawing.style import DARK_INK, DARK_QUIET, INK, PAPER, QUIET

GRID = "rgba(128, 128, 128, 0.2)"
FEW = 20  # epochs up to which every one has its dot


def add_line(
    figure: go.Figure,
    epochs: pd.Series,
    values: pd.Series,
    name: str,
    colour: str,
    shown: str,
    *,
    dash: str = "solid",
    place: tuple[int, int] = (1, 1),
    legend: str = "legend",
    in_legend: bool = True,
) -> None:
    """One curve.

    Args:
        figure: Made by plotly's make_subplots.
        epochs: Where the values stand.
        values: As many.
        name: In the legend and under the pointer.
        colour: Of the line.
        shown: How the pointer's value is written: the rest of plotly's "%{y", as ":.1%}".
        dash: solid, dash or dot.
        place: Row and column of the panel, from 1.
        legend: Which legend it belongs to.
        in_legend: Whether it has an entry there.
    """
    figure.add_trace(
        go.Scatter(
            x=epochs.tolist(),
            y=values.tolist(),
            mode="lines+markers" if len(epochs) <= FEW else "lines",
            line={"color": colour, "dash": dash, "width": 2},
            marker={"size": 5},
            name=name,
            legendgroup=name,
            legend=legend,
            showlegend=in_legend,
            hovertemplate=f"{name}<br>epoch %{{x}}: %{{y{shown}<extra></extra>",
        ),
        row=place[0],
        col=place[1],
    )


def dress_lines(
    figure: go.Figure,
    titles: Sequence[str],
    last: int,
    *,
    dark: bool,
    height: int,
    legend_at_right: bool = False,
) -> None:
    """Quiet axes, a title above each panel and a legend of its own, above or beside it.

    Args:
        figure: With all its lines.
        titles: Of the panels, row by row.
        last: Epoch at the right end.
        dark: For a dark page.
        height: In pixels.
        legend_at_right: Names one below the other at the right of each panel, else in a row above.
    """
    ink, quiet = (DARK_INK, DARK_QUIET) if dark else (INK, QUIET)
    axis: dict[str, Any] = {"gridcolor": GRID, "zeroline": False, "fixedrange": True}
    figure.update_xaxes(
        range=[0.5, last + 0.5],
        showgrid=False,
        linecolor=quiet,
        title={"text": "epoch", "standoff": 4},
        tickformat="d",
        dtick=1 if last <= 6 else None,
        **axis,
    )
    figure.update_yaxes(**axis)
    figure.update_layout(
        height=height,
        margin={"l": 50, "r": 10, "t": 28 if legend_at_right else 48, "b": 40},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": quiet, "size": 12},
        hoverlabel={"bgcolor": INK, "bordercolor": INK, "font": {"color": PAPER, "size": 12}},
        hovermode="closest",
        dragmode=False,
        uirevision="same",  # what the legend hides stays hidden while the curves grow
    )
    panels = list(figure.select_yaxes())
    for number, (title, panel) in enumerate(zip(titles, panels, strict=False), 1):
        left, right = figure.layout[panel.anchor.replace("x", "xaxis")].domain
        figure.add_annotation(
            text=title,
            x=left,
            y=panel.domain[1],
            xref="paper",
            yref="paper",
            xanchor="left",
            yanchor="bottom",
            yshift=4 if legend_at_right else 24,
            showarrow=False,
            font={"size": 13, "color": ink},
        )
        row = {"x": left, "xanchor": "left", "yanchor": "bottom", "orientation": "h"}
        column = {"x": right, "xanchor": "left", "yanchor": "top", "tracegroupgap": 0}
        look = {
            "y": panel.domain[1],
            "bgcolor": "rgba(0,0,0,0)",
            "font": {"size": 11, "color": ink},
        }
        look |= column if legend_at_right else row
        figure.update_layout({f"legend{number}": look})


def log_ticks(values: pd.Series) -> dict[str, Any]:
    """Ticks at 1, 2 and 5 of each decade, or at the decades alone where there are many."""
    known = values[values > 0]
    if known.empty:
        return {}
    low, high = math.floor(math.log10(known.min())), math.ceil(math.log10(known.max()))
    steps = (1, 2, 5) if high - low <= 2 else (1,)
    ticks = [float(f"{step}e{power}") for power in range(low, high + 1) for step in steps]
    return {"tickmode": "array", "tickvals": ticks}
