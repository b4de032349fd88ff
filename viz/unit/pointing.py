"""What is known of one channel, as pictures to point at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil

import numpy as np
import plotly.graph_objects as go
import torch
from plotly.subplots import make_subplots
from torch import Tensor
from torch.nn import functional

from viz.drawing.colours import OKABE_ITO
from viz.drawing.pointing import CHOSEN, point_at_sheet
from viz.drawing.sheet import Grid, channels_last, factor, sheet
from viz.drawing.style import QUIET, number
from viz.drawing.words import label_of
from viz.top_patches.gallery import small_tiles
from viz.unit.query import UnitShown

PATCH_PX = 96  # at least
THUMB_PX, THUMB_GAP_PX = (110, 80), 10  # at most and at least
ACROSS, GAP_PX, APART_PX, HEAD_PX, LINE_PX = 3, 4, 22, 22, 15
LETTER_PX = 6.4  # of type of 12 px, on average
GREY, BLUE = "rgba(128,128,128,0.35)", OKABE_ITO[0]


@dataclass(frozen=True, slots=True)
class TwoBlocks(Grid):
    """Patches three in a row, and at their right the projections in the same order."""

    @property
    def block(self) -> tuple[int, int]:
        """(height, width) of one block; `count` counts both."""
        rows = ceil(self.count // 2 / ACROSS)
        pitch = self.height + self.caption + self.gap
        return rows * pitch - self.gap, ACROSS * (self.width + self.gap) - self.gap

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) of the whole sheet."""
        high, wide = self.block
        return HEAD_PX + high, 2 * wide + APART_PX

    def corner(self, index: int) -> tuple[int, int]:
        """(top, left) of a tile."""
        side, place = divmod(index, self.count // 2)
        row, column = divmod(place, ACROSS)
        left = side * (self.block[1] + APART_PX) + column * (self.width + self.gap)
        return HEAD_PX + row * (self.height + self.caption + self.gap), left


def patches_pointing(shown: UnitShown, *, width_px: int) -> go.Figure:
    """Nine patches beside their projections; a click returns the place, 0 for the strongest.

    Of each only what lies in its image is drawn.

    Args:
        shown: One channel.
        width_px: Room for both blocks.
    """
    pictures, channel = shown.pictures(), shown.look.channel
    room = (width_px - APART_PX) // (2 * ACROSS) - GAP_PX
    [tiles] = small_tiles(pictures, max(room, PATCH_PX))
    k, side = tiles.shape[1:3]
    by = max(factor(side, room), ceil(PATCH_PX / side))
    tiles = tiles.reshape(2 * k, side, side, 4).repeat(by, axis=1).repeat(by, axis=2)
    side *= by
    labels = shown.labels[channel].tolist()
    letters = max(8, int(side / LETTER_PX))
    named = [
        label_of(shown.classes, each, letters).split("\n") if each >= 0 else [] for each in labels
    ]
    under = LINE_PX * (1 + max(map(len, named), default=1)) + 3
    grid = TwoBlocks(2 * k, ACROSS, side, side, GAP_PX, under)
    pixels = np.zeros((*grid.shape, 4), np.uint8)
    for index, tile in enumerate(tiles):
        top, left = grid.corner(index)
        pixels[top : top + side, left : left + side] = tile
    hover = [_hover(shown, place) for place in range(k)]
    figure = point_at_sheet(pixels, grid, [*range(k)] * 2, hover * 2)
    scores = shown.top.score[channel].tolist()
    lines = [
        (grid.corner(place), "<br>".join([f"<b>{number(scores[place])}</b>", *map(escape, names)]))
        for place, names in enumerate(named)
        if names
    ]
    below = [_words(left, top + side + 2, text) for (top, left), text in lines]
    heads = [
        _words(0, 0, "<b>Strongest patches</b>, activation and class below", 13),
        _words(grid.corner(k)[1], 0, "<b>Their projections</b>, mid grey is zero", 13),
    ]
    return figure.update_layout(annotations=[*heads, *below], shapes=_frames(grid))


def fitted(pictures: Tensor, room: int, least: int) -> Tensor:
    """(n, 3, s, s) enlarged by a whole factor into the room, or reduced to it; never below least.

    Where no whole factor fits in between, the smallest that is large enough is taken.
    """
    side = pictures.shape[-1]
    room = max(room, least)
    if side > room:
        return functional.interpolate(pictures, (room, room), mode="bilinear", antialias=True)
    by = max(factor(side, room), ceil(least / side))
    return pictures.repeat_interleave(by, -1).repeat_interleave(by, -2)


def _hover(shown: UnitShown, place: int) -> str:
    """One patch in words."""
    channel = shown.look.channel
    label = int(shown.labels[channel, place])
    if label < 0:
        return "there is no further image"
    score = number(float(shown.top.score[channel, place]))
    name = label_of(shown.classes, label, None)
    return f"{name}, activation {score}\nclick: what happens to this image"


@dataclass(frozen=True)
class Thumb:
    """Another channel, by the patch that excites it most."""

    stands_for: int  # what a click returns
    patch: Tensor  # (3, s, s) colours in [0, 1]
    lines: Sequence[str]  # under it, the first one bold
    hover: str
    plane: np.ndarray | None = None  # (h, w, 3) in [0, 1], drawn below the patch


def thumbs_pointing(thumbs: Sequence[Thumb], *, width_px: int) -> go.Figure:
    """As many thumbnails as fit in a row, then the next row."""
    tiles = channels_last(fitted(torch.stack([thumb.patch for thumb in thumbs]), *THUMB_PX))
    side = tiles.shape[1]
    planes = [_plane(thumb.plane, side) for thumb in thumbs if thumb.plane is not None]
    if planes:
        tiles = np.concatenate([tiles, np.stack(planes)], axis=1)
    under = 4 + LINE_PX * max(len(thumb.lines) for thumb in thumbs)
    fit = max(1, (width_px + THUMB_GAP_PX) // (side + THUMB_GAP_PX))
    columns = ceil(len(thumbs) / ceil(len(thumbs) / fit))  # rows of one length
    pixels, grid = sheet(tiles, columns, gap=THUMB_GAP_PX, caption=under)
    places = [thumb.stands_for for thumb in thumbs]
    figure = point_at_sheet(pixels, grid, places, [thumb.hover for thumb in thumbs])
    words = []
    for place, thumb in enumerate(thumbs):
        top, left = grid.corner(place)
        first, *rest = map(escape, thumb.lines)
        text = "<br>".join([f"<b>{first}</b>", *rest])
        words.append(_words(left, top + grid.height + 2, text))
    return figure.update_layout(annotations=words, shapes=_frames(grid))


def _plane(plane: np.ndarray, side: int) -> np.ndarray:
    """A kernel's plane as wide as the patch above it, its weights enlarged by a whole factor."""
    by = factor(max(plane.shape[:2]), side)
    large = plane.repeat(by, axis=0).repeat(by, axis=1)
    more = [(-(-(side - length) // 2), (side - length) // 2) for length in large.shape[:2]]
    return np.pad(large, [*more, (0, 0)], constant_values=1.0)


@dataclass(frozen=True)
class Course:
    """What is known of a channel over the epochs."""

    response: dict[int, float]  # by epoch: mean of the nine strongest activations, where mined
    dead: dict[int, float]  # by epoch: share of the layer's units that are dead, where measured
    epochs: Sequence[int]  # that there are
    epoch: int  # that is looked at


def course_pointing(
    course: Course, edge: np.ndarray, images: np.ndarray, *, width_px: int
) -> go.Figure:
    """Three panels: response by epoch, dead share by epoch, images by response; a click on a dot
    returns its epoch.

    Args:
        course: Over the epochs.
        edge: (B + 1,) of the histogram's bins.
        images: (B,) that respond so strongly.
        width_px: Of all three.
    """
    titles = ["Mean of its nine strongest activations", "Dead units of its layer (%)"]
    panels = [course.response, {epoch: 100 * share for epoch, share in course.dead.items()}]
    known = [(title, points) for title, points in zip(titles, panels, strict=True) if points]
    figure = make_subplots(
        rows=1,
        cols=len(known) + 1,
        subplot_titles=[*(title for title, _ in known), "Images by its response to them"],
        horizontal_spacing=60 / width_px,
    )
    for column, (_, points) in enumerate(known, start=1):
        epochs = sorted(points)
        values = [points[epoch] for epoch in epochs]
        large = [11 if epoch == course.epoch else 7 for epoch in epochs]
        colours = [CHOSEN if epoch == course.epoch else BLUE for epoch in epochs]
        figure.add_trace(
            go.Scatter(
                x=epochs,
                y=values,
                mode="lines+markers",
                line={"color": BLUE, "width": 2},
                marker={"size": large, "color": colours, "opacity": 1},
                selected={"marker": {"opacity": 1}},
                unselected={"marker": {"opacity": 1}},
                customdata=epochs,
                hovertext=[
                    f"epoch {epoch}: {number(value)}<br>click: the unit at this epoch"
                    for epoch, value in zip(epochs, values, strict=True)
                ],
                hoverinfo="text",
            ),
            row=1,
            col=column,
        )
        first, last = course.epochs[0], course.epochs[-1]
        ticks = {"dtick": max(1, ceil((last - first) / 6)), "tick0": first}
        figure.update_xaxes(
            title_text="epoch", range=[first - 0.5, last + 0.5], row=1, col=column, **ticks
        )
    middles = (edge[1:] + edge[:-1]) / 2
    figure.add_trace(
        go.Bar(
            x=middles,
            y=images,
            width=np.diff(edge),
            marker={"color": BLUE, "line": {"width": 0}},
            hovertemplate="%{y} images<extra></extra>",
        ),
        row=1,
        col=len(known) + 1,
    )
    figure.update_xaxes(title_text="strongest response in the image", row=1, col=len(known) + 1)
    figure.update_xaxes(title_font_size=12)
    lines = {"gridcolor": GREY, "zerolinecolor": GREY, "fixedrange": True, "tickfont_size": 11}
    figure.update_xaxes(showgrid=False, showline=True, linecolor=GREY, **lines)
    figure.update_yaxes(rangemode="tozero", nticks=5, **lines)
    figure.update_annotations(font_size=13)
    return figure.update_layout(
        width=width_px,
        height=230,
        margin={"l": 40, "r": 8, "t": 30, "b": 42},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": QUIET, "size": 12},
        showlegend=False,
        bargap=0,
        dragmode=False,
        clickmode="event+select",
        hovermode="closest",
    )


def _words(left: float, top: float, text: str, size: int = 12) -> dict[str, object]:
    """An annotation with its upper left corner there."""
    return {
        "x": left - 1,
        "y": top - 1,
        "text": text,
        "showarrow": False,
        "align": "left",
        "xanchor": "left",
        "yanchor": "top",
        "borderpad": 0,
        "font": {"size": size},
    }


def _frames(grid: Grid) -> list[dict[str, object]]:
    """A thin line around each tile: a white patch on a white page."""
    corners = [grid.corner(index) for index in range(grid.count)]
    return [
        {
            "type": "rect",
            "x0": left - 0.5,
            "y0": top - 0.5,
            "x1": left + grid.width - 0.5,
            "y1": top + grid.height - 0.5,
            "line": {"color": GREY, "width": 1},
        }
        for top, left in corners
    ]
