"""Pictures decoded in threads, and what came to light on the way."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from training.data.boxes import UNKNOWN, Box
from training.data.source import Items, SplitName, listing
from training.errors import WorkbenchError
from training.images import ImageError, Picture
from training.preprocess import square, square_box

CHUNK = 256  # images in flight: bounds the memory
CUT_OFF = "The object lies outside of the central square."


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture as it is stored."""

    pixels: np.ndarray  # (size, size, 3) uint8
    digest: bytes  # equal for equal pixels
    notices: tuple[str, ...]
    box: Box = UNKNOWN  # in stored pixels
    box_fits: bool = True  # into the picture as it came


def decoded(items: Items, size: int) -> Iterator[Decoded | ImageError]:
    """Every item in order, or why it is none."""

    def decode(index: int) -> Decoded | ImageError:
        try:
            picture = items.load(index)
        except ImageError as error:
            return error
        pixels = np.asarray(square(picture.image, size))
        digest = hashlib.blake2b(pixels.tobytes(), digest_size=16).digest()
        if items.boxes is None or items.boxes[index, 0] < 0:
            return Decoded(pixels, digest, picture.notices)
        return _with_box(Decoded(pixels, digest, picture.notices), items.boxes[index], picture)

    count = len(items.labels)
    with ThreadPoolExecutor() as pool:  # Pillow works outside Python's global lock
        for first in range(0, count, CHUNK):
            yield from pool.map(decode, range(first, min(first + CHUNK, count)))


def _with_box(decoded: Decoded, box: np.ndarray, picture: Picture) -> Decoded:
    width, height = picture.image.size
    _left, _top, right, bottom = edges = box.tolist()
    if right > width or bottom > height:
        return replace(decoded, box_fits=False)
    cut = square_box(edges, (width, height), len(decoded.pixels))
    if cut[0] == cut[2] or cut[1] == cut[3]:
        return replace(decoded, notices=(*decoded.notices, CUT_OFF))
    return replace(decoded, box=cut)


class Report:
    """Collects what a person should know of the pictures before training on them."""

    def __init__(self, total: int) -> None:
        self.done = 0
        self._total = total
        self._refused: list[str] = []
        self._remarks: Counter[str] = Counter()
        self._seen: dict[bytes, str] = {}  # training pictures by digest
        self._leaked: list[str] = []
        self._outside: list[str] = []  # images with a box that is not theirs

    def add(self, split: SplitName, name: str, decoded: Decoded | ImageError) -> None:
        self.done += 1
        if isinstance(decoded, ImageError):
            self._refused.append(f"{name} ({decoded.reason})")
            if 2 * len(self._refused) > self._total:
                raise WorkbenchError(
                    f"More than half of the {self._total:,} images cannot be read: "
                    f"{listing(self._refused)}. The first: {decoded}"
                )
            return
        self._remarks.update(decoded.notices)
        if not decoded.box_fits:
            self._outside.append(name)
        if split == "train":
            self._seen.setdefault(decoded.digest, name)
        elif decoded.digest in self._seen:
            self._leaked.append(f"{name} = {self._seen[decoded.digest]}")

    def notices(self) -> list[str]:
        notices = []
        if self._refused:
            notices.append(
                f"{len(self._refused):,} of {self._total:,} images cannot be read and are left "
                f"out: {listing(self._refused)}."
            )
        if self._leaked:
            notices.append(
                f"{len(self._leaked):,} validation images are also training images, which "
                f"flatters the validation error: {listing(self._leaked)}."
            )
        if self._outside:
            notices.append(
                f"Boxes that reach outside of their image, left out: {len(self._outside):,} "
                f"({listing(self._outside)})."
            )
        remarks = self._remarks.most_common(5)
        return notices + [f"{count:,} images: {remark}" for remark, count in remarks]
