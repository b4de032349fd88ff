"""The one way in for every picture from a file or an upload: strict, bounded, in plain RGB.

A file is what its bytes say, never what its name says. Whatever is changed on the way (rotation,
transparency, colour space, size) is said in a notice, because a heatmap lies on the changed
picture.
"""

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageFile, ImageOps

from training.image_files import (
    IMAGE_SUFFIXES,
    ImageError,
    Truncated,
    WholeFile,
    content_of,
    opener_for,
)

__all__ = ["IMAGE_SUFFIXES", "ImageError", "Picture", "read_image"]

MAX_PIXELS = 50_000_000  # a whole decoded RGBA picture stays at 200 MB
MAX_ASPECT = 20  # beyond it the central square shows next to nothing of the picture
SLOW_PIXELS, SLOW_BYTES = 20_000, 200_000  # where decoding is slow: a tenth of a second or two
MIN_SIDE_PX = 16  # MNIST's 28 and CIFAR's 32 px stay as they are

_TURNED = range(2, 9)  # orientations of EXIF that are not upright

# what Pillow's parsers let through when bytes are hostile
_DECODER_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    LookupError,
    TypeError,
    ArithmeticError,
    EOFError,
    RuntimeError,
    MemoryError,
    SystemError,
    AttributeError,
    AssertionError,
    struct.error,
    zlib.error,
)


@dataclass(frozen=True, slots=True)
class Picture:
    """An upright 8-bit RGB image and what had to be done to make it one."""

    image: Image.Image
    notices: tuple[str, ...] = ()


def read_image(source: Path | bytes, *, name: str | None = None, of_data: bool = False) -> Picture:
    """Decode a JPEG, PNG, GIF, WebP, AVIF, BMP or PPM file (HEIC with pillow-heif), or nothing.

    Args:
        source: Path of the file, or its bytes.
        name: What messages call it; the path where there is one.
        of_data: Open TIFF and JPEG 2000 as well, for the files of a data set.

    Returns:
        The first frame, rotated as its EXIF orientation asks, transparency laid on white.

    Raises:
        ImageError: If the file is missing, unreadable, of another format, damaged, truncated,
            above 50 megapixels or longer than 20 times its width.
    """
    shown = _printable(name or (str(source) if isinstance(source, Path) else "The picture"))
    content = content_of(source, shown) if isinstance(source, Path) else source
    opener = opener_for(content, shown, of_data=of_data)
    try:
        with opener(WholeFile(content)) as image:
            _check_size(image.size, shown)  # before a pixel is decoded
            _check_pace(image, len(content), shown)
            image.load()
            return _upright_rgb(image)
    except _FloatError:
        raise ImageError(
            shown,
            "format",
            "its pixels are floating-point numbers, whose white is not known. Save it with 8 or 16 "
            "bits a channel.",
        ) from None
    except Truncated:
        raise ImageError(
            shown, "truncated", "the file ends in the middle of the picture. Fetch it again."
        ) from None
    except Image.DecompressionBombError as error:  # from plugins that look before we can
        raise ImageError(shown, "size", f"{error}. Scale the picture down.") from None
    except _DECODER_ERRORS as error:
        raise ImageError(
            shown,
            "damaged",
            f"the picture cannot be decoded ({_printable(str(error))}). Save it anew as PNG or "
            "JPEG, or choose another.",
        ) from error


def _check_pace(image: ImageFile.ImageFile, length: int, shown: str) -> None:
    """Refuse what Pillow decodes in Python, a microsecond or ten a pixel, unless it is small."""
    slow = any(tile[0] in Image.DECODERS for tile in image.tile)
    if slow and (image.width * image.height > SLOW_PIXELS or length > SLOW_BYTES):
        raise ImageError(
            shown,
            "format",
            f"this rare kind of {image.format} (with run lengths, or of another greatest value "
            f"than 255) is opened up to {SLOW_PIXELS:,} px. Save it as PNG.",
        )


class _FloatError(Exception):
    """Pixels without a known range."""


def _check_size(size: tuple[int, int], shown: str) -> None:
    width, height = size
    if width * height > MAX_PIXELS:
        raise ImageError(
            shown,
            "size",
            f"the picture has {width:,}×{height:,} px, at most {MAX_PIXELS // 10**6} megapixels "
            "are opened. Scale it down.",
        )
    if max(size) > MAX_ASPECT * min(size):
        raise ImageError(
            shown,
            "aspect",
            f"the picture has {width:,}×{height:,} px, longer than {MAX_ASPECT} times its other "
            "side. Cut out the part that matters.",
        )


def _upright_rgb(image: ImageFile.ImageFile) -> Picture:
    animated = getattr(image, "is_animated", False)
    orientation = _orientation(image)
    rgb, notices = _rgb(image)
    rgb.info.clear()  # nobody is to rotate it or see through it a second time
    if animated:
        notices = ("Of its several frames, the first is used.", *notices)
    if orientation in _TURNED:
        # of the file's notes nothing but this is to matter, garbled as they may be
        rgb.getexif()[ExifTags.Base.Orientation] = orientation
        rgb = ImageOps.exif_transpose(rgb)
        notices = (*notices, "Rotated or mirrored as its EXIF orientation asks.")
    if min(rgb.size) < MIN_SIDE_PX:
        small, factor = rgb.size, -(-MIN_SIDE_PX // min(rgb.size))
        rgb = rgb.resize((small[0] * factor, small[1] * factor), Image.Resampling.NEAREST)
        enlarged = "Enlarged from {}×{} to {}×{} px.".format(*small, *rgb.size)
        notices = (*notices, enlarged)
    return Picture(rgb, notices)


def _rgb(image: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    """Any mode to RGB, and what there is to say about it."""
    if image.mode == "F":
        raise _FloatError
    if image.mode.startswith("I"):
        # Image.convert would clip at 255: seven of eight greys turn white
        grey = (np.asarray(image, dtype=np.int32) + 128) // 257
        scaled = Image.fromarray(grey.clip(0, 255).astype(np.uint8))
        return scaled.convert("RGB"), ("Scaled from 16 bits to 8.",)
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        if np.asarray(layer.getchannel("A")).min() < 255:
            white = Image.new("RGBA", layer.size, "white")
            laid = Image.alpha_composite(white, layer).convert("RGB")
            return laid, ("Its transparent parts are laid on white.",)
        return layer.convert("RGB"), ()
    if image.mode == "CMYK":
        return image.convert("RGB"), ("Converted from CMYK, without a colour profile.",)
    if image.mode in ("P", "1"):
        kind = "a palette" if image.mode == "P" else "black and white"
        return image.convert("RGB"), (f"Converted from {kind}.",)
    # a copy even of RGB, so that no file stays behind the picture
    return image.convert("RGB") if image.mode != "RGB" else image.copy(), ()


def _orientation(image: ImageFile.ImageFile) -> int:
    try:
        return image.getexif().get(ExifTags.Base.Orientation, 1)
    except _DECODER_ERRORS:
        return 1  # a picture is not lost because of its garbled notes


def _printable(text: str) -> str:
    """Names and messages may come from anywhere: no control characters, no endless line."""
    return "".join(character if character.isprintable() else "?" for character in text[:300])
