"""The look that all figures share: quiet type, whole pixels, a scale beside every picture.

Nothing here touches matplotlib's global settings: pages draw in threads, and `rc_context` would
change the settings of all of them.
"""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize, to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.spines import Spine
from matplotlib.text import Text

from viz.drawing.words import in_lines, label_of

DPI = 100  # pixels of an axes are pixels of the file; save at a multiple to stay crisp
PAPER, INK, QUIET = "#ffffff", "#262730", "#6b6f7b"
DARK_PAPER, DARK_INK, DARK_QUIET = "#0e1117", "#fafafa", "#a3a8b4"
ON_DARK, ON_LIGHT = "#fefefe", "#27282f"  # letters on data colours, which `darken` leaves alone
TITLE_PT, TEXT_PT, SMALL_PT = 10.5, 9.0, 8.0
MARGIN, HEAD, BAR_ROOM = 18, 56, 84  # pixels around the picture, above it, and for a scale bar
SIGNED, AMOUNT, GREY = "RdBu_r", "viridis", "gray"


def pixel_figure(
    width: int, height: int, title: str, reading: str = "", *, bar: bool = False
) -> Figure:
    """A figure around a picture of that many pixels, so that no pixel of it is resampled.

    Args:
        width: Of the picture, in pixels.
        height: Of the picture, in pixels.
        title: What the picture shows.
        reading: How to read it, one line in quiet type.
        bar: Leave room for a scale bar at the right.
    """
    needed = 8 + round(5.7 * max(len(reading), 1.3 * len(title)))  # pixels of a line at this size
    full_width = max(width + (BAR_ROOM if bar else 0), needed) + 2 * MARGIN
    full_height = height + HEAD + MARGIN
    figure = Figure(figsize=(full_width / DPI, full_height / DPI), dpi=DPI, facecolor=PAPER)
    x, tall = MARGIN / full_width, full_height
    figure.text(x, 1 - 14 / tall, title, size=TITLE_PT, weight="bold", color=INK, va="top")
    figure.text(x, 1 - 33 / tall, reading, size=TEXT_PT, color=QUIET, va="top")
    return figure


def pixel_axes(figure: Figure, left: int, top: int, width: int, height: int) -> Axes:
    """Axes at whole pixels, counted from the top left corner of the picture."""
    full_width, full_height = (round(inches * DPI) for inches in figure.get_size_inches())
    bottom = full_height - HEAD - top - height
    axes = figure.add_axes(
        (
            (MARGIN + left) / full_width,
            bottom / full_height,
            width / full_width,
            height / full_height,
        )
    )
    return hide_axes(axes)


def hide_axes(ax: Axes) -> Axes:
    """No ticks and no frame: the picture is its own edge."""
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_visible(False)
    return ax


def show(ax: Axes, image: Any, **choices: Any) -> ScalarMappable:
    """The one way to put pixels on an axes: never smoothed."""
    return ax.imshow(image, interpolation="none", aspect="auto", **choices)


def head(ax: Axes, text: str) -> None:
    """A panel's title, at its left edge."""
    ax.set_title(text, size=TEXT_PT, color=INK, loc="left", pad=5)


def scale_bar(figure: Figure, cax: Axes, colours: str, low: float, high: float, label: str) -> None:
    """A labelled scale; a signed one (low < 0 < high) names its ends and its zero."""
    ticks: Sequence[float] = [low, 0, high] if low < 0 < high else [low, (low + high) / 2, high]
    bar = figure.colorbar(ScalarMappable(Normalize(low, high), colours), cax=cax, ticks=ticks)
    bar.ax.set_yticklabels([number(tick) for tick in ticks])
    finish_bar(bar.ax, label)
    bar.ax.spines[:].set_visible(False)


def finish_bar(ax: Axes, label: str) -> None:
    """The type of a scale bar."""
    ax.tick_params(labelsize=SMALL_PT, length=2, width=0.5, color=QUIET, labelcolor=INK)
    ax.set_ylabel(label, size=SMALL_PT, color=QUIET)


def side_bar(
    figure: Figure, left: int, height: int, scale: tuple[str, float, float, str], *, top: int = 0
) -> None:
    """A scale bar at the right of a picture in pixels; scale is (colours, low, high, label).

    It is as tall as the picture, but ends where the figure's does and never stands taller than 180.
    """
    room = round(figure.get_figheight() * DPI) - HEAD - MARGIN - top
    tall = min(height, room, 180)
    cax = pixel_axes(figure, left + 14, top, 10, tall)
    scale_bar(figure, cax, *scale)


def number(value: float) -> str:
    """Two or three digits."""
    if value == 0:
        return "0"
    text = f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    return text.replace("-", "−")


def plain(name: str, longest: int = 24) -> str:
    """A file's name as it may stand in a figure: short, its dollars no formula."""
    short = name if len(name) <= longest else name[: longest - 1] + "…"
    return short.replace("$", r"\$")


def class_name(classes: Sequence[str], index: int, letters: int | None = None) -> str:
    """The class by name in full, in lines of so many letters where there is little room."""
    return label_of(classes, index, letters).replace("$", r"\$")


def lines_of(name: str, letters: int) -> str:
    """Any other name in full, in lines of so many letters."""
    return "\n".join(in_lines(name, letters)).replace("$", r"\$")


def darken(figure: Figure) -> Figure:
    """The same figure for a dark page: paper, ink and quiet ink change, data colours stay."""
    inks = {PAPER: DARK_PAPER, INK: DARK_INK, QUIET: DARK_QUIET}
    figure.set_facecolor(DARK_PAPER)
    for ax in figure.axes:
        ax.set_facecolor(_swap(ax.get_facecolor(), inks))
        old = ax.xaxis.get_tick_params().get("color", QUIET)
        ax.tick_params(color=_swap(old, inks), labelcolor=DARK_INK)
    for artist in figure.findobj(lambda one: isinstance(one, Text | Line2D)):
        artist.set_color(_swap(artist.get_color(), inks))  # type: ignore[attr-defined]
    for spine in figure.findobj(Spine):
        spine.set_edgecolor(_swap(spine.get_edgecolor(), inks))
    return figure


def _swap(colour: Any, inks: dict[str, str]) -> Any:
    name = to_hex(colour, keep_alpha=False)
    return inks.get(name, colour)
