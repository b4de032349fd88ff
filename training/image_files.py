"""Image files before they are decoded: bytes, what kind they are, and the error they end in."""

import errno
import io
import stat
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from PIL import ImageFile, features
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.Jpeg2KImagePlugin import Jpeg2KImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.PpmImagePlugin import PpmImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from training.errors import WorkbenchError

IMAGE_SUFFIXES = frozenset(
    (
        ".jpg",
        ".jpeg",
        ".jpe",
        ".jfif",
        ".png",
        ".apng",
        ".gif",
        ".webp",
        ".bmp",
        ".heic",
        ".heif",
        ".avif",
    )
)
"""Names worth opening when a folder is scanned; lower case. What they hold is seen then."""

DATA_SUFFIXES = IMAGE_SUFFIXES | frozenset(
    (".ppm", ".pgm", ".pbm", ".pnm", ".dib", ".tif", ".tiff", ".jp2", ".j2k", ".jpx", ".j2c")
)
"""The same for data sets."""

UPLOADS = "JPEG, PNG, GIF, WebP, AVIF, BMP or PPM"
FORMATS = "JPEG, PNG, GIF, WebP, AVIF, BMP, PPM, PGM, TIFF, JPEG 2000 or HEIC"

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
    **{b"P%d%c" % (kind, space): PpmImageFile for kind in (4, 5, 6) for space in b" \t\r\n"},
}


def _jpeg_2000(file: io.BytesIO) -> ImageFile.ImageFile:
    """OpenJPEG asks for more than there is by habit, and tells by itself where it lacks some."""
    return Jpeg2KImageFile(io.BytesIO(file.getvalue()))


# Large libraries with a long history of holes decode these: they are for files that somebody
# chose for a data set, not for what strangers upload.
_OPENERS_OF_DATA: dict[bytes, Opener] = {
    b"II*\0": TiffImageFile,
    b"MM\0*": TiffImageFile,
    b"\0\0\0\x0cjP  \r\n\x87\n": _jpeg_2000,
    b"\xff\x4f\xff\x51": _jpeg_2000,
}

_FOREIGN: dict[bytes, str] = {
    b"\0\0\0\x0cjP  \r\n\x87\n": "a JPEG 2000 picture",
    b"\xff\x4f\xff\x51": "a JPEG 2000 picture",
    b"\0\0\1\0": "a Windows icon",
    b"\x93NUMPY": "a numpy array",
    b"SIMPLE  =": "a FITS file",
    b"\x89HDF": "an HDF5 file",
    b"DDS ": "a DirectDraw texture",
    b"version https://git-lfs": "a pointer of Git LFS to a picture (git lfs pull)",
    b"II+\0": "a BigTIFF file",
    b"MM\0+": "a BigTIFF file",
    b"II*\0": "a TIFF file",
    b"MM\0*": "a TIFF file",
    b"8BPS": "a Photoshop file",
    b"%PDF": "a PDF file",
    b"%!PS": "a PostScript file",
    b"\xc5\xd0\xd3\xc6": "a PostScript file",
    b"PK\x03\x04": "a ZIP archive",
    b"\x1f\x8b": "a gzip archive",
    **{
        b"P%d%c" % (kind, space): "a PPM file of numbers as text (save it as binary)"
        for kind in (1, 2, 3)
        for space in b" \t\r\n"
    },
    b"Pf": "a PFM file of floating-point numbers",
    b"PF": "a PFM file of floating-point numbers",
    b"<": "text (HTML, SVG or XML)",
}
_AVIF_BRANDS = (b"avif", b"avis")
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
        return f"{self.name}: {self.explanation}"


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


def begins_like_an_image(path: Path) -> bool:
    """Whether a file's first bytes are those of a format that is opened in data sets."""
    with path.open("rb") as file:
        start = file.read(16)
    known = start.startswith((*_OPENERS, *_OPENERS_OF_DATA))
    return known or (start[:4] == b"RIFF" and start[8:12] == b"WEBP")


def opener_for(content: bytes, shown: str, *, of_data: bool = False) -> Opener:
    """The plugin for these bytes, judged by how they begin.

    Args:
        content: The file's.
        shown: What messages call it.
        of_data: Open TIFF and JPEG 2000, too, as data sets may hold them.
    """
    if not content:
        raise ImageError(shown, "empty", "the file has no content. Fetch it again.")
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return WebPImageFile
    if content[4:8] == b"ftyp" and content[8:12] in _AVIF_BRANDS:
        return _avif_opener(shown)
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS:
        return _heic_opener(shown)
    openers = _OPENERS | (_OPENERS_OF_DATA if of_data else {})
    for start, opener in openers.items():
        if content.startswith(start):
            return opener
    raise ImageError(
        shown,
        "format",
        f"this is {_foreign(content)}. Use {FORMATS if of_data else UPLOADS}.",
    )


def _foreign(content: bytes) -> str:
    if content[4:8] == b"ftyp":
        return "a film"
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


def _avif_opener(shown: str) -> Opener:
    """Pillow's wheels have the decoder since 11.3; a Pillow built otherwise may lack it."""
    if not features.check("avif"):
        raise ImageError(
            shown,
            "format",
            "this is an AVIF picture, which this Pillow cannot decode. Run `pip install --upgrade "
            "pillow`, or save it as JPEG.",
        )
    return import_module("PIL.AvifImagePlugin").AvifImageFile


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
