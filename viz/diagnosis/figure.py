"""A diagnosis to look at: spectra, coverage, channels and shifts, one network beside another."""

from collections.abc import Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.patheffects import withStroke
from matplotlib.ticker import PercentFormatter

from viz.diagnosis.compute import MID, Diagnosis
from viz.diagnosis.findings import CORRELATED, RARE, SHAPELESS
from viz.diagnosis.pair import DiagnosesOfTwo
from viz.diagnosis.query import DiagnosisShown
from viz.drawing.colours import OKABE_ITO, class_colour
from viz.drawing.sheet import as_array
from viz.drawing.style import (
    AMOUNT,
    DPI,
    INK,
    ON_DARK,
    ON_LIGHT,
    PAPER,
    QUIET,
    TEXT_PT,
    TITLE_PT,
    hide_axes,
    plain,
)
from viz.drawing.words import percent

WIDTH_PX, ROW_IN, HIGHEST_IN = 780, 3.0, 4.2
LIMIT = OKABE_ITO[5]
HALO = [withStroke(linewidth=2, foreground=ON_LIGHT)]
FATES = (
    ("dead", OKABE_ITO[3]),
    ("near dead", QUIET),
    ("alike", OKABE_ITO[1]),
    ("well", OKABE_ITO[4]),
)


def draw_spectrum(ax: Axes, diagnosis: Diagnosis) -> None:
    """The mean spectrum of all filters by their energy; inside the square, what is carried."""
    seen = diagnosis.spectra
    weight = as_array(seen.energy / seen.energy.sum().clamp(min=1e-30))
    mean = np.einsum("c,cij->ij", weight, as_array(seen.power))
    half = 0.5 / len(seen.frequency)  # of a bin
    low, high = -0.5 - half, 0.5 - half
    ax.imshow(mean, cmap=AMOUNT, norm=PowerNorm(0.5, vmin=0), extent=(low, high, high, low))
    square = Rectangle(
        (-seen.limit, -seen.limit), 2 * seen.limit, 2 * seen.limit, fill=False, edgecolor=LIMIT,
        linewidth=1.5,
    )  # fmt: skip
    ax.add_patch(square)
    if seen.limit < 0.5:
        words = (f"Nyquist limit, {seen.limit:.3g}", -seen.limit - 0.01), ("aliased", -0.47)
        for text, height in words:
            ax.text(0, height, text, size=TEXT_PT, color=ON_DARK, ha="center",
                    va="top" if text == "aliased" else "bottom", path_effects=HALO)  # fmt: skip
    _dress(
        ax,
        f"{diagnosis.layer}: {diagnosis.kernel}×{diagnosis.kernel}, stride {diagnosis.stride}\n"
        f"{percent(seen.aliased_energy, 0)} of the filters' energy above the Nyquist limit",
        "frequency across, cycles a pixel",
        "frequency down, cycles a pixel",
    )
    ax.set_xticks([-0.5, -0.25, 0, 0.25, 0.5])
    ax.set_yticks([-0.5, -0.25, 0, 0.25, 0.5])


def draw_coverage(ax: Axes, diagnosis: Diagnosis) -> None:
    """A dot for each filter: its grating, larger with more energy; hollow where it has no shape."""
    seen = diagnosis.spectra
    shaped = as_array(diagnosis.gabors.residual) <= SHAPELESS
    share = as_array(seen.energy / seen.energy.max().clamp(min=1e-30))
    colour = as_array(seen.colour) > 0.5
    for coloured, fill in ((False, OKABE_ITO[0]), (True, OKABE_ITO[5])):
        for is_shaped in (True, False):
            chosen = (colour == coloured) & (shaped == is_shaped)
            ax.scatter(
                as_array(seen.peak)[chosen],
                np.degrees(as_array(seen.orientation)[chosen]),
                s=8 + 50 * share[chosen],
                facecolors=fill if is_shaped else "none",
                edgecolors=fill,
                linewidths=0.8,
                alpha=0.8,
            )
    for frequency in MID:
        ax.axvline(frequency, color=QUIET, linewidth=0.7, linestyle=":")
    ax.axvline(seen.limit, color=LIMIT, linewidth=1.2)
    coarse, middle, fine = diagnosis.bands()
    title = (
        f"Filters by their grating: {percent(coarse, 0)} coarse, {percent(middle, 0)} between, "
        f"{percent(fine, 0)} fine"
    )
    _dress(ax, title, "frequency, cycles a pixel", "orientation, degrees")
    ax.set_xlim(-0.02, 0.55)
    ax.set_ylim(-5, 185)
    ax.set_yticks([0, 45, 90, 135, 180])
    marks = [
        Line2D([], [], color=colour, marker="o", linestyle="", markersize=4, markerfacecolor=fill)
        for colour, fill in (
            (OKABE_ITO[0], OKABE_ITO[0]),
            (OKABE_ITO[5], OKABE_ITO[5]),
            (QUIET, "none"),
        )
    ]
    marks.append(Line2D([], [], color=LIMIT, linewidth=1.2))
    _legend(ax, marks, ["light and dark", "colours", "no shape", "Nyquist limit"])


def draw_channels(ax: Axes, diagnosis: Diagnosis) -> None:
    """For each rectified layer the shares of its channels that are dead, near dead, or alike."""
    if not diagnosis.layers:
        hide_axes(ax)
        ax.text(0.5, 0.5, "no rectified maps to judge", size=TEXT_PT, color=QUIET, ha="center")
        return
    for row, seen in enumerate(diagnosis.responses):
        count, start = len(seen.active), 0.0
        dead, near = len(seen.dead()), len(seen.near_dead(RARE))
        alike = len(
            {c for first, second, _ in seen.duplicates(CORRELATED) for c in (first, second)}
        )
        alike = min(alike, count - dead - near)
        for (_, colour), number in zip(
            FATES, (dead, near, alike, count - dead - near - alike), strict=True
        ):
            ax.barh(row, number / count, left=start, height=0.7, color=colour)
            start += number / count
    ax.set_yticks(range(len(diagnosis.layers)), diagnosis.layers)
    ax.set_ylim(len(diagnosis.layers) - 0.5, -0.5)
    ax.set_xlim(0, 1)
    ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    _dress(ax, "What became of the channels", "", "")
    bars = [Patch(facecolor=colour) for _, colour in FATES]
    _legend(ax, bars, [word for word, _ in FATES], below=0.12)


def draw_shifts(ax: Axes, diagnoses: Sequence[Diagnosis], names: Sequence[str]) -> None:
    """How often the top prediction survives a shift, one line a network."""
    for place, (diagnosis, name) in enumerate(zip(diagnoses, names, strict=True)):
        ax.plot(
            as_array(diagnosis.shifts.shift),
            as_array(diagnosis.shifts.agreement),
            "o-",
            color=class_colour(place),
            markersize=3.5,
            label=plain(name, 40),
        )
    ax.set_ylim(0, 1.02)
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.grid(axis="y", color=QUIET, alpha=0.2, linewidth=0.6)
    title = "Top predictions that stay when the image moves"
    _dress(ax, title, "shift, px", "")
    ax.legend(frameon=False, fontsize=TEXT_PT, labelcolor=INK, loc="lower left")


def draw(shown: DiagnosisShown) -> Figure:
    """One network as four panels.

    Source: Zeiler & Fergus 2013, figure 6, counted instead of looked at.
    """
    return _panels([shown.found], [shown.title], shown.look.width_px)


def draw_both(both: DiagnosesOfTwo, titles: Sequence[str]) -> Figure:
    """Two networks, one column each, and below them the shifts of both."""
    return _panels([both.first.found, both.second.found], titles, both.first.look.width_px)


def _panels(diagnoses: Sequence[Diagnosis], names: Sequence[str], width_px: int) -> Figure:
    rows = 2 if len(diagnoses) == 1 else 4
    height = rows * min(ROW_IN * width_px / WIDTH_PX, HIGHEST_IN)
    figure = Figure(
        figsize=(width_px / DPI, height), dpi=DPI, layout="constrained", facecolor=PAPER
    )
    grid = figure.add_gridspec(rows, 2)
    if len(diagnoses) == 1:
        places = [[grid[0, 0], grid[0, 1], grid[1, 0]]]
        shifts = figure.add_subplot(grid[1, 1])
    else:
        places = [[grid[row, column] for row in range(3)] for column in range(2)]
        shifts = figure.add_subplot(grid[3, :])
    for diagnosis, name, (first, second, third) in zip(diagnoses, names, places, strict=True):
        top = figure.add_subplot(first)
        draw_spectrum(top, diagnosis)
        top.set_title(plain(name, 40), size=TITLE_PT, weight="bold", color=INK, loc="left", pad=36)
        draw_coverage(figure.add_subplot(second), diagnosis)
        draw_channels(figure.add_subplot(third), diagnosis)
    draw_shifts(shifts, diagnoses, names)
    return figure


def _legend(ax: Axes, marks: Sequence[Artist], words: Sequence[str], *, below: float = 0.2) -> None:
    """In a row below the axes."""
    ax.legend(
        marks, words, loc="upper center", bbox_to_anchor=(0.5, -below), ncols=len(words),
        frameon=False, fontsize=TEXT_PT, labelcolor=INK, handletextpad=0.4,
        columnspacing=1.2,
    )  # fmt: skip


def _dress(ax: Axes, title: str, x: str, y: str) -> None:
    ax.text(0, 1.02, title, size=TEXT_PT, color=INK, transform=ax.transAxes, va="bottom", ha="left")
    ax.set_xlabel(x, size=TEXT_PT, color=INK)
    ax.set_ylabel(y, size=TEXT_PT, color=INK)
    ax.tick_params(labelsize=TEXT_PT, color=QUIET, labelcolor=INK, length=3, width=0.6)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set(color=QUIET, linewidth=0.6)
    ax.set_facecolor("none")
