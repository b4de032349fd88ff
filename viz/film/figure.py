"""Filters growing out of noise: an animation, and a strip of epochs for paper."""

from io import BytesIO

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from viz.drawing.sheet import factor, good_columns, sheet
from viz.drawing.style import (
    GREY,
    INK,
    PAPER,
    QUIET,
    SIGNED,
    TEXT_PT,
    pixel_axes,
    pixel_figure,
    show,
    side_bar,
)
from viz.film.query import FilmShown
from viz.filters.compute import Film

TILE_PX, STRIP_TILE_PX, CAPTION_PX, BORDER_PX = 40, 30, 26, 10
PLANES_APART_PX = 4  # planes of one filter are told apart by it


def draw(shown: FilmShown) -> Figure:
    """Eight epochs side by side."""
    if shown.source is None:
        return film_figure(shown.film)
    rows = ", ".join(map(str, shown.channels))
    reading = (
        f"a row a filter: channel {rows}; its {shown.film.columns} heaviest planes of the last "
        "epoch; red adds, blue takes away"
    )
    return film_figure(
        shown.film, title=f"Filters of {shown.layer} over the epochs", reading=reading
    )


def gif(shown: FilmShown) -> bytes:
    """The animation."""
    return film_gif(shown.film)


def film_gif(
    film: Film, *, seconds_per_epoch: float = 0.35, last_s: float = 2.0, tile_px: int = TILE_PX
) -> bytes:
    """One frame an epoch, its number in a strip above; the last one stands longer, then again."""
    frames = film_frames(film, tile_px)
    durations = [round(seconds_per_epoch * 1000)] * len(frames)
    durations[-1] = round(last_s * 1000)
    file = BytesIO()
    # no dithering: it would put noise where the filters have lost theirs
    palettes = [frame.quantize(256, dither=Image.Dither.NONE) for frame in frames]
    palettes[0].save(
        file, "GIF", save_all=True, append_images=palettes[1:], duration=durations, loop=0
    )
    return file.getvalue()


def film_frames(film: Film, tile_px: int = TILE_PX) -> list[Image.Image]:
    """The frames as RGB images of equal size."""
    return [_frame(film, index, tile_px) for index in range(len(film.epoch))]


def draw_epoch(ax: Axes, film: Film, index: int) -> None:
    """The filters of one epoch, small."""
    tiles = film.tiles[index]
    show(ax, _strip_sheet(film, tiles))
    ax.set_title(f"epoch {int(film.epoch[index])}", size=TEXT_PT, color=INK, loc="left", pad=3)


def film_figure(
    film: Film,
    *,
    most: int = 8,
    title: str = "First filters over the epochs",
    reading: str = "one scale for all epochs, mid grey is a weight of zero",
) -> Figure:
    """The filters at up to `most` epochs, evenly spread, all on one scale.

    Args:
        film: What to draw.
        most: Epochs.
        title: Whose they are.
        reading: How to read them.
    """
    chosen = np.unique(np.linspace(0, len(film.epoch) - 1, most).round().astype(int))
    high, wide = _strip_sheet(film, film.tiles[0]).shape[:2]
    columns = min(4, len(chosen))
    rows = -(-len(chosen) // columns)
    pitch_x, pitch_y = wide + 18, high + 34
    width, height = columns * pitch_x - 18, rows * pitch_y - 16
    figure = pixel_figure(width, height, title, reading, bar=True)
    for place, index in enumerate(chosen):
        row, column = divmod(place, columns)
        ax = pixel_axes(figure, column * pitch_x, row * pitch_y + 18, wide, high)
        draw_epoch(ax, film, int(index))
    colours = GREY if film.columns is None else SIGNED
    side_bar(figure, width, height, (colours, -film.high, film.high, "weight"), top=18)
    return figure


def _strip_sheet(film: Film, tiles: Tensor) -> np.ndarray:
    enlarge = factor(tiles.shape[1], STRIP_TILE_PX)
    gap = 1 if film.columns is None else PLANES_APART_PX
    pixels, _ = sheet(tiles, film.columns, gap=gap, enlarge=enlarge)
    return pixels


def _frame(film: Film, index: int, tile_px: int) -> Image.Image:
    tiles, epoch, last = film.tiles[index].numpy(), int(film.epoch[index]), int(film.epoch[-1])
    enlarge = factor(tiles.shape[1], tile_px)
    pixels, _ = sheet(tiles, film.columns or good_columns(len(tiles)), enlarge=enlarge)
    height, width = pixels.shape[:2]
    size = (width + 2 * BORDER_PX, height + BORDER_PX + CAPTION_PX)
    frame = Image.new("RGB", size, PAPER)
    filters = Image.fromarray(pixels)
    frame.paste(filters, (BORDER_PX, CAPTION_PX), filters)
    draw = ImageDraw.Draw(frame)
    font = ImageFont.load_default(13)
    draw.text((BORDER_PX, 5), f"epoch {epoch}", fill=INK, font=font)
    # a line that grows: where in the film this is, without reading
    full = size[0] - 100 - BORDER_PX
    if full > 20 and last > 0:
        draw.line((100, 13, 100 + full, 13), fill="#e3e4e8", width=2)
        draw.line((100, 13, 100 + full * epoch // last, 13), fill=QUIET, width=2)
    return frame
