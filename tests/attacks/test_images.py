"""Hostile and broken pictures: refused with a reason, or decoded; never a crash, never an echo."""

import io
import random
import struct
import warnings
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from benchmarks.reliability.mutated_images import FORMATS, OF_DATA, measure, mutated, seeds_of
from tests.attacks.rows import missing
from training.images import ImageError, read_image

pytestmark = pytest.mark.thorough

READER = "training/test_images.py::test_"
HELD = {
    "CMYK; palette, with transparency; LA, RGBA, 1-bit": [
        READER + "cmyk_is_converted_with_a_notice",
        READER + "a_palette_is_converted_with_a_notice",
        READER + "a_transparent_palette_colour_is_laid_on_white",
        READER + "transparency_is_laid_on_white",
        READER + "one_bit_becomes_black_and_white",
    ],
    "16-bit grey PNG": [READER + "sixteen_bit_greys_are_scaled_not_clipped"],
    "animated GIF, WebP, APNG": [READER + "of_an_animation_the_first_frame_is_used"],
    "EXIF orientation 2 to 8": [READER + "a_picture_stands_as_its_exif_orientation_asks"],
    "1×1; 1×5000": [
        READER + "a_single_pixel_is_enlarged_by_whole_factors",
        READER + "a_strip_is_refused",
    ],
    "20,000×20,000 px": [
        READER + "a_gigantic_picture_is_refused_by_its_header_with_its_size",
    ],
    "truncated": [READER + "half_a_picture_is_refused"],
    "other kinds of file under any name": [
        READER + "no_bytes_are_no_picture",
        READER + "other_kinds_of_file_are_refused_under_any_name",
        READER + "tiff_is_refused_though_pillow_could_open_it",
    ],
    "PNG named .jpg": [READER + "a_png_named_jpg_opens_by_its_content"],
    "HEIC without the package": [READER + "heic_says_what_to_install"],
}


def test_the_tests_that_hold_these_faults_are_there():
    assert missing(HELD) == []


def noise(mode: str = "RGB", size: tuple[int, int] = (40, 30)) -> Image.Image:
    pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), np.uint8)
    return Image.fromarray(pixels).convert(mode)


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def png_of(width: int, height: int, pixels: bytes) -> bytes:
    """A PNG that claims a size and holds so many bytes, all checksums right."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(pixels))
        + chunk(b"IEND", b"")
    )


REFUSED = {
    "a PNG of fewer pixels than it says": (png_of(500, 500, bytes(100)), "truncated damaged"),
    "a PNG of 50,000 px a side": (png_of(50_000, 50_000, bytes(100)), "size"),
    "a PNG of no width": (png_of(0, 10, bytes(100)), "damaged"),
    "a PPM that claims 4 gigapixels": (b"P6\n65535 65535\n255\n" + bytes(99), "size"),
    "a PPM of no height": (b"P6\n10 0\n255\n" + bytes(99), "damaged"),
    "a PPM whose width has no end": (b"P6\n" + b"9" * 4000, "damaged truncated"),
    "a PPM of half its pixels": (b"P6\n20 20\n255\n" + bytes(600), "truncated damaged"),
    "a PGM with a greatest value of 0": (b"P5\n20 20\n0\n" + bytes(400), "damaged"),
    "a plain PPM": (b"P3\n20 20\n255\n255 255 255", "format"),
    "a large PPM of 100 greys": (b"P5\n500 500\n100\n" + bytes(250_000), "format"),
    "a small BMP with a megabyte of runs": (
        encoded(noise("P"), "BMP")[:30]
        + b"\1\0\0\0"
        + encoded(noise("P"), "BMP")[34:]
        + bytes(10**6),
        "format damaged",
    ),
    "a TIFF": (encoded(noise(), "TIFF"), "format"),
    "a JPEG 2000": (encoded(noise(), "JPEG2000"), "format"),
    "an SVG with a script": (b"<svg><script>alert('here')</script></svg>", "format"),
    "an EPS": (b"%!PS-Adobe-3.0 EPSF-3.0\n(here) show", "format"),
    "a Windows icon": (encoded(noise(), "ICO"), "format"),
    "a pointer of Git LFS": (b"version https://git-lfs.github.com/spec/v1\noid here", "format"),
    "a numpy array": (b"\x93NUMPY\x01\x00here", "format"),
    "an AVIF of its first box alone": (b"\0\0\0\x20ftypavif\0\0\0\0", "damaged truncated"),
    "a BMP that claims a compression of its own": (
        encoded(noise(), "BMP")[:30] + b"\xff\xff\xff\x7f" + encoded(noise(), "BMP")[34:],
        "damaged",
    ),
    "a JPEG of its first marker alone": (b"\xff\xd8\xff", "damaged truncated"),
    "a GIF without a frame": (b"GIF89a\x10\0\x10\0\0\0\0;", "damaged truncated"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_a_hostile_file_is_refused_with_its_reason_and_never_echoed(fault):
    content, reasons = REFUSED[fault]
    with pytest.raises(ImageError) as refusal:
        read_image(content, name="cat.jpg")
    assert refusal.value.reason in reasons.split()
    assert str(refusal.value).startswith("cat.jpg: ")
    assert "here" not in str(refusal.value).replace("there", "")


DATA_FILES = {
    "TIFF": encoded(noise(), "TIFF"),
    "TIFF, packed": encoded(noise(), "TIFF", compression="tiff_lzw"),
    "PPM": encoded(noise(), "PPM"),
    "BMP": encoded(noise(), "BMP"),
    "JPEG 2000": encoded(noise(), "JPEG2000"),
    "PNG": encoded(noise(), "PNG"),
}


@pytest.mark.parametrize("kind", DATA_FILES)
def test_the_formats_of_data_sets_are_decoded_to_the_byte(kind):
    picture = read_image(DATA_FILES[kind], of_data=True)
    np.testing.assert_array_equal(np.asarray(picture.image), np.asarray(noise()))


@pytest.mark.parametrize("kind", ["PPM", "TIFF"])
def test_sixteen_bits_of_grey_are_scaled_in_every_format(kind):
    greys = (np.arange(20, dtype=np.uint16) * 3449)[None].repeat(20, 0)
    picture = read_image(encoded(Image.fromarray(greys), kind), of_data=True)
    np.testing.assert_allclose(np.asarray(picture.image)[0, :, 0], greys[0] / 257, atol=0.6)


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "LA", "1"])
def test_every_mode_of_a_tiff_is_the_picture_that_pillow_sees(mode):
    image = noise(mode)
    found = np.asarray(read_image(encoded(image, "TIFF"), of_data=True).image, int)
    expected = image
    if "A" in mode:
        layer = image.convert("RGBA")
        expected = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)
    np.testing.assert_array_equal(found, np.asarray(expected.convert("RGB"), int))


def test_floating_point_pixels_are_refused_because_their_white_is_not_known():
    image = Image.fromarray(np.random.default_rng(0).random((20, 20)).astype(np.float32))
    with pytest.raises(ImageError, match="floating-point") as refusal:
        read_image(encoded(image, "TIFF"), of_data=True)
    assert refusal.value.reason == "format"


@pytest.mark.parametrize("orientation", range(2, 9))
def test_a_turned_tiff_stands_as_a_turned_png(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    tiff = read_image(encoded(noise(), "TIFF", exif=exif), of_data=True).image
    png = read_image(encoded(noise(), "PNG", exif=exif)).image
    np.testing.assert_array_equal(np.asarray(tiff), np.asarray(png))


SEEDS = {kind: seeds_of(kind, [noise()]) for kind in (*FORMATS, *OF_DATA)}


REASONS = {"empty", "format", "size", "aspect", "truncated", "damaged"}


def outcome(content: bytes, **how) -> bytes | str:
    """The pixels, or the reason why there are none."""
    try:
        return read_image(content, name="cat.jpg", **how).image.convert("RGB").tobytes()
    except ImageError as error:
        return error.reason


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(kind=st.sampled_from(sorted(SEEDS)), seed=st.integers(0, 2**32), data=st.data())
def test_mutated_bytes_are_refused_or_decoded_and_nothing_else(kind, seed, data):
    content = mutated(data.draw(st.sampled_from(SEEDS[kind])), random.Random(seed))
    for of_data in (False, True):
        first, again = (outcome(content, of_data=of_data) for _ in range(2))
        assert first == again
        assert isinstance(first, bytes) or first in REASONS


@pytest.mark.parametrize("kind", FORMATS)
def test_the_measurement_accounts_for_every_picture(kind):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cost = measure(kind, SEEDS[kind], count=20)
    assert cost.refused.total() + cost.decoded == 20
