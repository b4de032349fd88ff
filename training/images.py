"""The one way in for every picture from a file or an upload: strict, bounded, in plain RGB.

A file is what its bytes say, never what its name says. Whatever is changed on the way (rotation,
transparency, colour space, size) is said in a notice, because a heatmap lies on the changed
picture.
"""

import errno
import io
import stat
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np
from PIL import Image, ImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from training.errors import WorkbenchError

IMAGE_SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".gif", ".webp", ".bmp", ".heic", ".heif")
)
"""Names worth opening when a folder is scanned; lower case. What they hold is seen then."""

MAX_PIXELS = 50_000_000  # a whole decoded RGBA picture stays at 200 MB
MAX_BYTES = 256 * 2**20  # room for 50 megapixels, uncompressed
MAX_ASPECT = 20  # beyond it the central square shows next to nothing of the picture
MIN_SIDE_PX = 16  # MNIST's 28 and CIFAR's 32 px stay as they are

Opener = Callable[[io.BytesIO], ImageFile.ImageFile]

# The plugins themselves instead of PIL.Image.open: no other format can slip in, and sizes are
# judged here, whatever anybody set PIL.Image.MAX_IMAGE_PIXELS to. A phone's MPO is opened as the
# JPEG that it begins with.
_OPENERS: dict[bytes, Opener] = {
    b"\xff\xd8\xff": JpegImageFile,
    b"\x89PNG\r\n\x1a\n": PngImageFile,
    b"GIF87a": GifImageFile,
    b"GIF89a": GifImageFile,
    b"BM": BmpImageFile,
}

_FOREIGN: dict[bytes, str] = {
    b"II*\0": "a TIFF file",
    b"MM\0*": "a TIFF file",
    b"8BPS": "a Photoshop file",
    b"%PDF": "a PDF file",
    b"%!PS": "a PostScript file",
    b"\xc5\xd0\xd3\xc6": "a PostScript file",
    b"PK\x03\x04": "a ZIP archive",
    b"\x1f\x8b": "a gzip archive",
    b"<": "text (HTML, SVG or XML)",
}
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ORIENTATION = 0x0112  # EXIF tag

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
    AttributeError,
    AssertionError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)


class ImageError(WorkbenchError):
    """A file that cannot be used as a picture: its name, what was found, what to do.

    `reason` is one word to count and compare by: missing, permission, unreadable, empty, format,
    heic, size, aspect, truncated or damaged.
    """

    def __init__(self, name: str, reason: str, explanation: str) -> None:
        super().__init__(name, reason, explanation)  # all three, so that it can be pickled
        self.name, self.reason, self.explanation = name, reason, explanation

    def __str__(self) -> str:
        return f"{self.name}: {self.explanation} [{self.reason}]"


@dataclass(frozen=True, slots=True)
class Picture:
    """An upright 8-bit RGB image and what had to be done to make it one."""

    image: Image.Image
    notices: tuple[str, ...] = ()


def read_image(source: Path | bytes, *, name: str | None = None) -> Picture:
    """Decode a JPEG, PNG, GIF, WebP or BMP file (HEIC with pillow-heif), whole or not at all.

    Args:
        source: Path of the file, or its bytes.
        name: What messages call it; the path where there is one.

    Returns:
        The first frame, rotated as its EXIF orientation asks, transparency laid on white.

    Raises:
        ImageError: If the file is missing, unreadable, of another format, damaged, truncated,
            above 50 megapixels or longer than 20 times its width.
    """
    shown = _printable(name or (str(source) if isinstance(source, Path) else "The picture"))
    content = _content(source, shown) if isinstance(source, Path) else source
    opener = _opener(content, shown)
    try:
        with opener(_WholeFile(content)) as image:
            _check_size(image.size, shown)  # before a pixel is decoded
            image.load()
            return _upright_rgb(image)
    except _Truncated:
        raise ImageError(
            shown, "truncated", "the file ends in the middle of the picture. Fetch it again."
        ) from None
    except _DECODER_ERRORS as error:
        raise ImageError(
            shown,
            "damaged",
            f"the picture cannot be decoded ({_printable(str(error))}). Save it anew as PNG or "
            "JPEG, or choose another.",
        ) from error


def _content(path: Path, shown: str) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # a pipe would block for ever
            raise ImageError(shown, "unreadable", "this is no file. Give the path of a picture.")
        if status.st_size > MAX_BYTES:
            raise ImageError(
                shown,
                "size",
                f"the file has {status.st_size // 2**20:,} MB, at most {MAX_BYTES // 2**20} are "
                "read. Scale the picture down.",
            )
        return path.read_bytes()
    except OSError as error:
        raise _access_error(error, path, shown) from error


def _access_error(error: OSError, path: Path, shown: str) -> ImageError:
    if error.errno == errno.ENOENT and path.is_symlink():
        return ImageError(shown, "missing", "this is a link to a file that is not there.")
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return ImageError(shown, "missing", "there is no such file. Check the path.")
    if error.errno in (errno.EACCES, errno.EPERM):
        return ImageError(
            shown, "permission", "no permission to read the file. Ask its owner to allow it."
        )
    return ImageError(shown, "unreadable", f"the file cannot be read ({error.strerror}).")


def _opener(content: bytes, shown: str) -> Opener:
    """The plugin for these bytes, judged by how they begin."""
    if not content:
        raise ImageError(shown, "empty", "the file has no content. Fetch it again.")
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return WebPImageFile
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS:
        return _heic_opener(shown)
    for start, opener in _OPENERS.items():
        if content.startswith(start):
            return opener
    raise ImageError(
        shown,
        "format",
        f"this is {_foreign(content)}. Use JPEG, PNG, GIF, WebP or BMP.",
    )


def _foreign(content: bytes) -> str:
    if content[4:8] == b"ftyp":
        return "an AVIF picture or a film"
    start = content[:512].lstrip(b"\xef\xbb\xbf \t\r\n")
    known = (kind for magic, kind in _FOREIGN.items() if start.startswith(magic))
    return next(known, "no picture of a known kind, whatever its name says")


def _heic_opener(shown: str) -> Opener:
    try:
        return import_module("pillow_heif.as_plugin").HeifImageFile
    except ImportError:
        raise ImageError(
            shown,
            "heic",
            "this is a HEIC picture. Run `pip install pillow-heif` to open it, or save it as JPEG.",
        ) from None


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
    turn = _TURNS.get(_orientation(image))
    rgb, notices = _rgb(image)
    if animated:
        notices = ("Of its several frames, the first is used.", *notices)
    if turn is not None:
        rgb = rgb.transpose(turn)
        notices = (*notices, "Rotated or mirrored as its EXIF orientation asks.")
    if min(rgb.size) < MIN_SIDE_PX:
        small, factor = rgb.size, -(-MIN_SIDE_PX // min(rgb.size))
        rgb = rgb.resize((small[0] * factor, small[1] * factor), Image.Resampling.NEAREST)
        enlarged = "Enlarged from {}×{} to {}×{} px.".format(*small, *rgb.size)
        notices = (*notices, enlarged)
    return Picture(rgb, notices)


def _rgb(image: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    """Any mode to RGB, and what there is to say about it."""
    if image.mode.startswith("I"):
        # Image.convert would clip at 255: seven of eight greys turn white
        grey = (np.asarray(image, dtype=np.int64) + 128) // 257
        scaled = Image.fromarray(grey.clip(0, 255).astype(np.uint8))
        return scaled.convert("RGB"), ("Scaled from 16 bits to 8.",)
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        if layer.getextrema()[3][0] < 255:
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
        return image.getexif().get(_ORIENTATION, 1)
    except _DECODER_ERRORS:
        return 1  # a picture is not lost because of its garbled notes


class _Truncated(Exception):
    """Somebody read on where the file had ended."""


class _WholeFile(io.BytesIO):
    """Bytes that object to being read on past their end.

    Pillow, too, refuses a truncated file at this point, unless some other library has set the
    process-wide LOAD_TRUNCATED_IMAGES: then it would hand out a picture that is half grey.
    """

    def read(self, size: int | None = -1, /) -> bytes:
        found = super().read(size)
        if not found and size != 0:
            raise _Truncated
        return found


def _printable(text: str) -> str:
    """Names and messages may come from anywhere: no control characters, no endless line."""

    def characters() -> Iterator[str]:
        for character in text[:300]:
            yield character if character.isprintable() else "?"

    return "".join(characters())
