"""Image files before they are decoded: bytes, what kind they are, and the error they end in."""

import errno
import io
import stat
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from PIL import ImageFile
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

MAX_BYTES = 256 * 2**20  # room for 50 megapixels, uncompressed

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


class ImageError(WorkbenchError):
    """A file that cannot be used as a picture: its name, what was found, what to do.

    `reason` is one word to count and compare by: missing, permission, unreadable, empty, format,
    heic, size, aspect, truncated or damaged.
    """

    def __init__(self, name: str, reason: str, explanation: str) -> None:
        super().__init__(name, reason, explanation)  # all three, so that it can be pickled
        self.name, self.reason, self.explanation = name, reason, explanation
        self.code = reason

    def __str__(self) -> str:
        return f"{self.name}: {self.explanation} [{self.reason}]"


def content_of(path: Path, shown: str) -> bytes:
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


def opener_for(content: bytes, shown: str) -> Opener:
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


class Truncated(Exception):
    """Somebody read on where the file had ended."""


class WholeFile(io.BytesIO):
    """Bytes that object to being read on past their end.

    Pillow, too, refuses a truncated file at this point, unless some other library has set the
    process-wide LOAD_TRUNCATED_IMAGES: then it would hand out a picture that is half grey.
    """

    def read(self, size: int | None = -1, /) -> bytes:
        found = super().read(size)
        if not found and size != 0:
            raise Truncated
        return found
