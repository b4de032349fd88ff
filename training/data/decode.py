"""Pictures decoded in threads, and what came to light on the way."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from training.data.source import Items, SplitName, listing
from training.errors import WorkbenchError
from training.images import ImageError
from training.preprocess import square

CHUNK = 256  # images in flight: bounds the memory


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture as it is stored."""

    pixels: np.ndarray  # (size, size, 3) uint8
    digest: bytes  # equal for equal pixels
    notices: tuple[str, ...]


def decoded(items: Items, size: int) -> Iterator[Decoded | ImageError]:
    """Every item in order, or why it is none."""

    def decode(index: int) -> Decoded | ImageError:
        try:
            picture = items.load(index)
        except ImageError as error:
            return error
        pixels = np.asarray(square(picture.image, size))
        digest = hashlib.blake2b(pixels.tobytes(), digest_size=16).digest()
        return Decoded(pixels, digest, picture.notices)

    count = len(items.labels)
    with ThreadPoolExecutor() as pool:  # Pillow works outside Python's global lock
        for first in range(0, count, CHUNK):
            yield from pool.map(decode, range(first, min(first + CHUNK, count)))


class Report:
    """Collects what a person should know of the pictures before training on them."""

    def __init__(self, total: int) -> None:
        self.done = 0
        self._total = total
        self._refused: list[str] = []
        self._remarks: Counter[str] = Counter()
        self._seen: dict[bytes, str] = {}  # training pictures by digest
        self._leaked: list[str] = []

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
        remarks = self._remarks.most_common(5)
        return notices + [f"{count:,} images: {remark}" for remark, count in remarks]
