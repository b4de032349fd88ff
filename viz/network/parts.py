"""Parts of pictures: boxes in a table, or the object's mask and its halves.

A table is a CSV file with a row for each box:

    image,part,left,top,right,bottom
    12,left eye,20,18,27,24

`image` is the number of a validation image or the path of a picture file, from the table's own
folder. The edges are pixels of the picture as the network sees it, after scaling and cropping, with
0 at the left and at the top; as in Pillow, right and bottom are the first pixels that are no longer
inside, so a box is right − left pixels wide.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields, replace

import numpy as np

from training.errors import WorkbenchError

EDGES = ("left", "top", "right", "bottom")
MOST_ROWS = 5000
LONGEST_NAME = 40


@dataclass(frozen=True)
class Box:
    """Where one part is in one picture; a row of the table."""

    image: str
    part: str
    left: int
    top: int
    right: int  # exclusive, as is bottom
    bottom: int


COLUMNS = tuple(field.name for field in fields(Box))


@dataclass(frozen=True)
class Parts:
    """Which pixels belong to which part of N pictures."""

    images: tuple[str, ...]  # N sources, as `image` in the table
    masks: dict[str, np.ndarray]  # (N, H, W) bool by name; all false where a part is not marked


def read_boxes(
    content: bytes, side: int, *, name: str = "The table", among: int | None = None
) -> list[Box]:
    """The rows of a table, each checked.

    Args:
        content: Of a CSV file, UTF-8.
        side: Of the picture as the network sees it, px.
        name: Of the file, for messages.
        among: How many validation images there are, where no other pictures may be named.

    Raises:
        WorkbenchError: If it is no such table, with the row (the header is row 1) and the column.
    """
    rows = _rows(content, name)
    _row, titles = next(rows, (1, []))
    header = [title.strip().lower() for title in titles]
    if missing := [column for column in COLUMNS if column not in header]:
        raise WorkbenchError(
            f"{name}: row 1 has no column {', '.join(missing)}. It has to be "
            f"{','.join(COLUMNS)}, with commas between."
        )
    boxes: dict[tuple[str, str], tuple[int, Box]] = {}
    for row, cells in rows:
        box = _box(dict(zip(header, cells, strict=False)), side, f"{name}, row {row}")
        if among is not None:
            box = replace(box, image=_index(box.image, among, f"{name}, row {row}"))
        key = box.image, box.part
        if key in boxes:
            raise WorkbenchError(
                f"{name}, row {row}: image {box.image} has its {box.part} in row "
                f"{boxes[key][0]} already. Give each part one box an image."
            )
        if len(boxes) == MOST_ROWS:
            raise WorkbenchError(f"{name}: more than {MOST_ROWS} rows. Split the table.")
        boxes[key] = row, box
    if not boxes:
        raise WorkbenchError(f"{name} has no row under its header. Give each box a row.")
    return [box for _row, box in boxes.values()]


def csv_of(boxes: Sequence[Box]) -> str:
    """The table of some boxes, header first."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(astuple(box) for box in boxes)
    return file.getvalue()


def parts_of(boxes: Sequence[Box], side: int) -> Parts:
    """The boxes as masks; pictures and parts in the order in which they come up."""
    images = list(dict.fromkeys(box.image for box in boxes))
    names = list(dict.fromkeys(box.part for box in boxes))
    masks = {name: np.zeros((len(images), side, side), bool) for name in names}
    for box in boxes:
        inside = slice(box.top, box.bottom), slice(box.left, box.right)
        masks[box.part][images.index(box.image)][inside] = True
    return Parts(tuple(images), masks)


def object_parts(masks: np.ndarray) -> dict[str, np.ndarray]:
    """The whole object, and its four halves: cut where the rectangle around it is cut in two.

    Args:
        masks: (N, H, W) bool, where the object is.
    """
    upper = np.stack([_first_half(mask, axis=0) for mask in masks])
    left = np.stack([_first_half(mask, axis=1) for mask in masks])
    return {
        "object": masks,
        "upper half": upper,
        "lower half": masks & ~upper,
        "left half": left,
        "right half": masks & ~left,
    }


def _first_half(mask: np.ndarray, axis: int) -> np.ndarray:
    """What of a mask (H, W) lies above the middle of its rows, or left of that of its columns."""
    lines = np.flatnonzero(mask.any(axis=1 - axis))
    if not len(lines):
        return mask
    before = np.arange(mask.shape[axis]) < (lines[0] + lines[-1] + 1) // 2
    return mask & (before[:, None] if axis == 0 else before)


def _rows(content: bytes, name: str) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of each row that is not empty."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WorkbenchError(
            f"{name} is no text in UTF-8. Save the table as CSV in UTF-8."
        ) from error
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise WorkbenchError(f"{name}, row {reader.line_num}: this is no CSV ({error}).") from error


def _box(cells: dict[str, str], side: int, where: str) -> Box:
    words = {column: cells.get(column, "").strip() for column in COLUMNS}
    for column in ("image", "part"):
        if not words[column]:
            raise WorkbenchError(f"{where}, column {column}: it is empty.")
    if len(words["part"]) > LONGEST_NAME:
        raise WorkbenchError(
            f"{where}, column part: a name has at most {LONGEST_NAME} letters, this one has "
            f"{len(words['part'])}."
        )
    numbers = {column: _number(words[column], f"{where}, column {column}") for column in EDGES}
    for column, number in numbers.items():
        if not 0 <= number <= side:
            raise WorkbenchError(
                f"{where}, column {column}: {number} is outside of the picture, which the network "
                f"sees at {side}x{side} px."
            )
    for low, high in (("left", "right"), ("top", "bottom")):
        if numbers[high] <= numbers[low]:
            raise WorkbenchError(
                f"{where}, column {high}: {numbers[high]} has to be more than {low}, which is "
                f"{numbers[low]}."
            )
    return Box(words["image"], words["part"], **numbers)


def _index(image: str, among: int, where: str) -> str:
    """The number of a validation image as it is usually written."""
    if not (image.isascii() and image.isdigit() and int(image) < among):
        raise WorkbenchError(
            f"{where}, column image: there is no validation image {image!r}, only 0 to "
            f"{among - 1}. For picture files there is the command correspondence."
        )
    return str(int(image))


def _number(text: str, where: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise WorkbenchError(f"{where}: {text!r} is no whole number of pixels.") from None
