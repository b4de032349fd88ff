r"""Draw the README's animation: filters growing epoch by epoch, and a window covering an image.

python docs/make_animation.py runs/tiny-imagenet --image 1000

An animated PNG in true colours, docs/images/learning.png, of at most 1.5 MB.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from training.runs import Run
from viz import Look, ask
from viz.drawing.outline import image_pixels
from viz.drawing.style import INK, QUIET
from viz.drawing.words import percent
from viz.film.figure import film_frames
from viz.film.query import FilmQuery
from viz.occlusion import OcclusionLook, OcclusionQuery
from viz.store.query import ImageSource

OUT = Path(__file__).resolve().parent / "images" / "learning.png"
MOST_BYTES = 1_500_000
FRAMES, LAST = 30, 8  # of the film; of it, how many show the last epoch
SIDE_PX, TILE_PX = 320, 48  # of the image, of a filter
EDGE_PX, BAR_PX = 16, 16  # around all; height of the bar
FRAME_MS = 160


def parser() -> argparse.ArgumentParser:
    """The command line."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    arguments.add_argument("run", help="run folder, of photographs for the README")
    arguments.add_argument("--image", default="0", help="number of the validation image")
    arguments.add_argument("--out", default=str(OUT), help="file to write")
    return arguments


def main() -> int:
    asked = parser().parse_args()
    frames = [
        beside(filters, covered)
        for filters, covered in zip(
            grown(asked.run), walk(asked.run, ImageSource(asked.image)), strict=True
        )
    ]
    file = io.BytesIO()
    first, *rest = frames
    first.save(file, "PNG", save_all=True, append_images=rest, duration=FRAME_MS, loop=0)
    if file.tell() > MOST_BYTES:
        print(f"{file.tell() / 1e6:.1f} MB are more than {MOST_BYTES / 1e6} MB: fewer FRAMES?")
        return 1
    Path(asked.out).write_bytes(file.getvalue())
    print(f"{asked.out}: {file.tell() / 1e6:.2f} MB")
    return 0


def grown(run: str) -> list[Image.Image]:
    """The first filters, from noise on; the last epoch stands for a while."""
    epochs = Run.open(run).epochs
    chosen = np.linspace(0, len(epochs) - 1, FRAMES - LAST).round().astype(int)
    shown = ask(FilmQuery(run, epochs=tuple(epochs)), Look()).shown
    frames = film_frames(shown.film, TILE_PX)
    return [frames[place] for place in (*chosen, *[len(epochs) - 1] * LAST)]


def walk(run: str, image: ImageSource) -> list[Image.Image]:
    """The image with a window at as many places, line by line, and what is left of P(class)."""
    side = ask(OcclusionQuery(run, image=(image,)), OcclusionLook())
    [row] = side.shown.rows
    found, query = row.found, side.query
    name, whole = side.shown.classes[row.label], float(found.base[row.label])
    frames = []
    for top, left in places(found.shape, FRAMES):
        seen = query.covered(
            side.opened, image, found.window, top * found.stride, left * found.stride
        )
        left_of_it = float(found.probability[top, left, row.label])
        frames.append(_covered(seen, f"P({name})", left_of_it, whole))
    return frames


def places(shape: tuple[int, int], count: int) -> list[tuple[int, int]]:
    """So many cells of a map, to and fro from top to bottom."""
    rows, columns = shape
    lines = 5
    each = count // lines
    found: list[tuple[int, int]] = []
    for line in range(lines):
        row = round(line * (rows - 1) / (lines - 1))
        across = [round(step * (columns - 1) / (each - 1)) for step in range(each)]
        found += [(row, column) for column in (across if line % 2 == 0 else across[::-1])]
    return (found + [found[-1]] * count)[:count]


def _covered(seen: object, name: str, left: float, whole: float) -> Image.Image:
    picture = Image.fromarray(image_pixels(seen, SIDE_PX))  # type: ignore[arg-type]
    frame = Image.new("RGB", (picture.width, picture.height + 4 * BAR_PX), "white")
    draw, font = ImageDraw.Draw(frame), ImageFont.load_default(14)
    draw.text((0, 0), f"{name} {percent(left, 0)}", fill=INK, font=font)
    top = round(1.4 * BAR_PX)
    draw.rectangle((0, top, frame.width - 1, top + BAR_PX), fill="#ececf0")
    draw.rectangle((0, top, round((frame.width - 1) * left), top + BAR_PX), fill="#0072b2")
    mark = round((frame.width - 1) * whole)
    draw.line((mark, top - 2, mark, top + BAR_PX + 2), fill=QUIET, width=2)
    frame.paste(picture, (0, 3 * BAR_PX))
    return frame


def beside(*frames: Image.Image) -> Image.Image:
    """Frames side by side on white."""
    widths = _starts([frame.width for frame in frames])
    height = max(frame.height for frame in frames)
    whole = Image.new("RGB", (widths[-1], height + 2 * EDGE_PX), "white")
    for start, frame in zip(widths, frames, strict=False):
        whole.paste(frame, (start, EDGE_PX + (height - frame.height) // 2))
    return whole


def _starts(widths: Sequence[int]) -> list[int]:
    starts = [EDGE_PX]
    for width in widths:
        starts.append(starts[-1] + width + EDGE_PX)
    return starts


if __name__ == "__main__":
    sys.exit(main())
