"""What damaged pictures cost: 2,000 mutations of each format, through the way of an upload.

TIFF and JPEG 2000 are refused there by their first bytes, and go the way of a data set as well.

    python -m benchmarks.reliability.mutated_images --photographs caltech101

Bytes are flipped, files cut off, header fields exchanged for extreme numbers, and pieces moved.
Each picture is refused in a sentence or decoded; anything else ends the program with the seed that
makes it again. Time is the processor's for one picture; memory is the most that the process has
taken so far, with Python and the libraries in it.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import resource
import struct
import sys
import time
import warnings
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from training.image_files import IMAGE_SUFFIXES
from training.images import ImageError, read_image

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "PPM", "AVIF")
OF_DATA = ("TIFF", "JPEG2000")  # opened in data sets alone
COUNT = 2_000
HEADER = 64  # bytes at the start in which most formats say their size
PNG = b"\x89PNG\r\n\x1a\n"
EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


@dataclass
class Cost:
    """What mutations of one format came to."""

    kind: str
    refused: Counter[str] = field(default_factory=Counter)  # by reason
    decoded: int = 0
    slowest_s: float = 0.0
    slowest_seed: int = 0
    memory_mb: float = 0.0  # the most that the process has ever taken


def seeds_of(kind: str, pictures: Sequence[Image.Image]) -> list[bytes]:
    """Whole files of a format: of each picture, and where it has them its variants.

    Args:
        kind: As Pillow calls it.
        pictures: RGB.
    """
    variants: dict[str, list[dict[str, object]]] = {
        "JPEG": [{}, {"progressive": True}],
        "PNG": [{}, {"compress_level": 1}],
        "TIFF": [{}, {"compression": "tiff_lzw"}, {"compression": "tiff_deflate"}],
        "WEBP": [{}, {"lossless": True}],
    }
    files = []
    for picture in pictures:
        frames = {"save_all": True, "append_images": [picture]} if kind in ("GIF", "WEBP") else {}
        for options in [*variants.get(kind, [{}]), *([frames] if frames else [])]:
            file = io.BytesIO()
            picture.save(file, kind, **options)
            files.append(file.getvalue())
    return files


def mutated(content: bytes, chance: random.Random) -> bytes:
    """A file with one to four of its bytes, fields or pieces other than they were.

    Half of PNG files get checksums that are right again, or none would come to the decoder.
    """
    changed = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 4))):
        reach = min(len(changed), chance.choice((HEADER, 8 * HEADER, len(changed))))
        if reach < 8:
            break
        place = chance.randrange(reach - 4)
        match chance.randrange(6):
            case 0:
                changed[place] ^= 1 << chance.randrange(8)
            case 1:
                changed[place] = chance.randrange(256)
            case 2:
                del changed[chance.randrange(len(changed)) :]
            case 3:
                form = chance.choice(("<I", ">I", "<H", ">H"))
                limit = 2 ** (8 * struct.calcsize(form))
                struct.pack_into(form, changed, place, chance.choice(EXTREMES) % limit)
            case 4:
                other = chance.randrange(reach - 4)
                here, there = changed[place : place + 4], changed[other : other + 4]
                changed[place : place + 4], changed[other : other + 4] = there, here
            case _:
                piece = changed[place : place + chance.randrange(1, 64)]
                at = chance.randrange(len(changed))
                changed[at:at] = piece * chance.choice((1, 1, 64))
    is_png = changed.startswith(PNG)
    return _checksums_mended(bytes(changed)) if is_png and chance.randrange(2) else bytes(changed)


def _checksums_mended(png: bytes) -> bytes:
    """The chunks of a PNG file as far as their lengths lead, each with its own checksum."""
    parts, place = [PNG], len(PNG)
    while place + 12 <= len(png):
        (length,) = struct.unpack_from(">I", png, place)
        body = png[place + 4 : place + 8 + length]
        parts.append(struct.pack(">I", length) + body + struct.pack(">I", zlib.crc32(body)))
        place += 12 + length
    return b"".join(parts)


def attempts(files: Sequence[bytes], count: int, seed: int) -> Iterator[tuple[int, bytes]]:
    """Mutations with the seed that makes each again."""
    for number in range(seed, seed + count):
        chance = random.Random(number)
        yield number, mutated(chance.choice(files), chance)


def measure(
    kind: str, files: Sequence[bytes], *, count: int, seed: int = 0, of_data: bool = False
) -> Cost:
    """Open mutations of some files one by one, as uploads or as files of a data set.

    Raises:
        Exception: Whatever the reader lets through; its note names the seed.
    """
    cost = Cost(f"{kind}, in a data set" if of_data else kind)
    for number, content in attempts(files, count, seed):
        began = time.process_time()
        try:
            read_image(content, name="upload", of_data=of_data)
            cost.decoded += 1
        except ImageError as error:
            cost.refused[error.reason] += 1
        except BaseException as error:
            error.add_note(f"{kind}, mutation {number}")
            raise
        took = time.process_time() - began
        if took > cost.slowest_s:
            cost.slowest_s, cost.slowest_seed = took, number
    cost.memory_mb = _peak_mb()
    return cost


def photographs(folder: Path | None, count: int = 8) -> list[Image.Image]:
    """Some pictures of a folder, evenly spread; noise where there is none."""
    if folder is None:
        pixels = np.random.default_rng(0).integers(0, 256, (200, 300, 3), np.uint8)
        return [Image.fromarray(pixels)]
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in IMAGE_SUFFIXES)
    chosen = [paths[index] for index in np.linspace(0, len(paths) - 1, count).astype(int)]
    return [read_image(path).image for path in chosen]


def _peak_mb() -> float:
    """The most memory that this process has ever taken."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20


def parser() -> argparse.ArgumentParser:
    """What the command takes."""
    given = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    given.add_argument("--photographs", type=Path, help="folder of pictures to begin with")
    given.add_argument("--count", type=int, default=COUNT, help="mutations of each format")
    given.add_argument("--seed", type=int, default=0, help="of the first mutation")
    given.add_argument("--out", type=Path, help="JSON file to write")
    return given


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a row for each format; 1 if a picture took more than a second or a gigabyte."""
    chosen = parser().parse_args(arguments)
    pictures = photographs(chosen.photographs)
    warnings.simplefilter("ignore")  # of Pillow, about notes that are garbled
    costs = []
    print("| format | refused | decoded | slowest, s | memory, MB | refused by reason |")
    print("| --- | ---: | ---: | ---: | ---: | --- |")
    for kind, of_data in [(each, False) for each in FORMATS] + [(each, True) for each in OF_DATA]:
        files = seeds_of(kind, pictures)
        cost = measure(kind, files, count=chosen.count, seed=chosen.seed, of_data=of_data)
        costs.append(cost)
        reasons = ", ".join(f"{count} {reason}" for reason, count in cost.refused.most_common())
        print(
            f"| {cost.kind} | {cost.refused.total():,} | {cost.decoded:,} | {cost.slowest_s:.3f} "
            f"| {cost.memory_mb:.0f} | {reasons} |",
            flush=True,
        )
    if chosen.out is not None:
        chosen.out.write_text(json.dumps([vars(cost) for cost in costs], indent=2) + "\n")
    return int(any(cost.slowest_s > 1 or cost.memory_mb > 1024 for cost in costs))


if __name__ == "__main__":
    sys.exit(main())
