"""Heat maps of a class beside each other, by several methods."""

from collections.abc import Mapping
from typing import Literal

import numpy as np
import plotly.graph_objects as go
from matplotlib import colormaps
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor
from torch.nn import functional

from viz.attribution.compute import METHODS, MethodName
from viz.attribution.query import AttributionShown
from viz.drawing.placed import fill_frame
from viz.drawing.pointing import point_at_sheet
from viz.drawing.sheet import as_array, channels_last, factor, full_contrast, sheet, shrink
from viz.drawing.style import (
    AMOUNT,
    SIGNED,
    class_name,
    head,
    number,
    pixel_axes,
    pixel_figure,
    scale_bar,
    show,
)
from viz.drawing.words import ninth

TILE_PX, COLUMNS, GAP_PX, CAPTION_PX, WIDTH_PX = 160, 4, 12, 38, 690
SCALE = "full colour at each map's 99th percentile"


def heat_colours(
    heat: Tensor | np.ndarray, *, is_signed: bool, full: float | None = None
) -> np.ndarray:
    """A map (H, W) as colours (H, W, 3) in [0, 1]: amounts from 0 up, signed values about 0.

    Args:
        heat: The map.
        is_signed: Whether values may speak against.
        full: Value of full colour, where several maps share a scale; what
            `viz.drawing.sheet.full_contrast` says of this map if not given.
    """
    scaled = as_array(heat) / (full or full_contrast(heat))
    if is_signed:
        return colormaps[SIGNED]((scaled + 1) / 2)[..., :3]
    return colormaps[AMOUNT](scaled)[..., :3]


def heat_tile(
    heat: Tensor | np.ndarray, largest: int, *, is_signed: bool, full: float | None = None
) -> np.ndarray:
    """The same, reduced by a whole factor to at most `largest` px before it is coloured."""
    small = shrink(as_array(heat)[None, ..., None], largest)[0, ..., 0]
    return heat_colours(small, is_signed=is_signed, full=full)


def heat_pixels(
    heat: Tensor | np.ndarray, side: int, *, is_signed: bool, full: float | None = None
) -> np.ndarray:
    """The same at about `side` px, by a whole factor, (h, w, 4) uint8."""
    tile = heat_tile(heat, side, is_signed=is_signed, full=full)
    return sheet(tile[None], enlarge=factor(len(tile), side))[0]


def draw(shown: AttributionShown) -> Figure:
    """The image, then its heat map by each method."""
    maps = shown.maps
    tiles = _tiles(shown.picture, maps)
    enlarge = factor(tiles.shape[1], TILE_PX)
    side, under = enlarge * tiles.shape[1], 22
    columns = min(COLUMNS, len(tiles))
    rows = -(-len(tiles) // columns)
    width, height = columns * (side + GAP_PX) - GAP_PX, rows * (side + under) - under + 16
    title = f"Attribution for class {class_name(shown.classes, shown.label)}"
    figure = pixel_figure(width + 150, height, title, SCALE)
    names = ["the network's input", *(METHODS[method].name for method in maps)]
    for place, (tile, name) in enumerate(zip(tiles, names, strict=True)):
        row, column = divmod(place, columns)
        top, left = 16 + row * (side + under), column * (side + GAP_PX)
        ax = pixel_axes(figure, left, top, side, side)
        show(ax, sheet(tile[None], enlarge=enlarge)[0])
        head(ax, name)
    kinds = {METHODS[method].is_signed for method in maps}
    for place, is_signed in enumerate(sorted(kinds)):
        cax = pixel_axes(figure, width + 14 + 72 * place, 16, 10, min(side, 128))
        low, colours = (-1, SIGNED) if is_signed else (0, AMOUNT)
        label = "for (+) or against (−)" if is_signed else "amount"
        scale_bar(figure, cax, colours, low, 1, label)
    return figure


def point_at_maps(shown: AttributionShown, *, chosen: str, width_px: int = WIDTH_PX) -> go.Figure:
    """The same to point at, names and scales below; a click gives the method, "" for the image.

    Args:
        shown: The image and its maps.
        chosen: Method to outline.
        width_px: That the sheet fills.
    """
    methods: list[MethodName | Literal[""]] = ["", *shown.maps]
    columns = min(COLUMNS, len(methods))
    side = (width_px - 4 - GAP_PX * (columns - 1)) // columns
    tiles = _filling(shown.picture, shown.maps, side)
    pixels, grid = sheet(tiles, columns, gap=GAP_PX, caption=CAPTION_PX)
    known = [METHODS[each] if each else None for each in methods]
    hover = [f"{one.name}\n{one.source}" if one else "what the network sees" for one in known]
    figure = point_at_sheet(pixels, grid, methods, hover, chosen=chosen)
    for place, (each, one) in enumerate(zip(methods, known, strict=True)):
        top, left = grid.corner(place)
        name = one.name if one else "Input"
        name = f"<b>{name}</b>" if each and each == chosen else name
        figure.add_annotation(
            x=left - 0.5,
            y=top + grid.height + 1,
            text=f"{name}<br>{scale_of(shown.maps[each], each)}" if each else name,
            align="left",
            showarrow=False,
            xanchor="left",
            yanchor="top",
            font={"size": 12},
        )
    return figure


def scale_of(heat: Tensor, method: MethodName) -> str:
    """Which values a map's colours stand for: from nothing, or from against, to full colour."""
    full = number(full_contrast(heat))
    return f"−{full} to {full}" if METHODS[method].is_signed else f"0 to {full}"


def strongest_ninth(heat: Tensor) -> str:
    """The ninth of the image in which most of a map lies."""
    mean = functional.adaptive_avg_pool2d(heat.clamp(min=0)[None], 3)[0]
    row, column = divmod(int(mean.argmax()), 3)
    return ninth((row + 0.5) / 3, (column + 0.5) / 3)


def _filling(picture: Tensor, maps: Mapping[MethodName, Tensor], side: int) -> np.ndarray:
    """(1 + M, side, side, 3): the image, then the maps, smoothed where no whole factor fits."""
    tiles = [fill_frame(channels_last(picture), side) / 255]
    for method, heat in maps.items():
        is_whole = side % heat.shape[-1] == 0
        how = Image.Resampling.NEAREST if is_whole else Image.Resampling.BICUBIC
        large = np.array(Image.fromarray(as_array(heat)).resize((side, side), how))
        full = full_contrast(heat)
        tiles.append(heat_colours(large, is_signed=METHODS[method].is_signed, full=full))
    return np.stack(tiles)


def _tiles(picture: Tensor, maps: Mapping[MethodName, Tensor]) -> np.ndarray:
    """(1 + M, h, w, 3): the image, then the maps."""
    tiles = [shrink(channels_last(picture)[None], TILE_PX)[0]]
    tiles += [
        heat_tile(heat, TILE_PX, is_signed=METHODS[method].is_signed)
        for method, heat in maps.items()
    ]
    return np.stack(tiles)
