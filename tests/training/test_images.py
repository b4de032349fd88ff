"""What real and hostile files do to the one reader of pictures."""

import io
import os
import pickle
import random
import struct
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile

from training.errors import WorkbenchError
from training.images import ImageError, read_image

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 128, 0), (0, 0, 255), (255, 255, 255)


def encoded(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def pixel(content, x=0, y=0):
    return read_image(content).image.getpixel((x, y))


def reason(source: bytes | Path) -> str:
    with pytest.raises(ImageError) as caught:
        read_image(source, name="cat.jpg")
    assert str(caught.value).startswith("cat.jpg: ")
    return caught.value.reason


def noise(width: int = 50, height: int = 40) -> Image.Image:
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def claiming(kind: str, width: int, height: int) -> bytes:
    """A small file whose header claims to be a large picture."""
    content = bytearray(encoded(noise(), kind))
    place, form = {
        "PNG": (16, ">II"),
        "GIF": (6, "<HH"),
        "BMP": (18, "<ii"),
        "JPEG": (content.find(b"\xff\xc0") + 5, ">HH"),
    }[kind]
    sides = (height, width) if kind == "JPEG" else (width, height)
    struct.pack_into(form, content, place, *sides)
    if kind == "PNG":
        struct.pack_into(">I", content, 29, zlib.crc32(content[12:29]))
    return bytes(content)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "AVIF"])
def test_the_six_formats_open_without_a_word(kind):
    colour = Image.new("RGB", (20, 30), RED)
    picture = read_image(encoded(colour, kind, **({"quality": 95} if kind == "JPEG" else {})))
    assert (picture.image.mode, picture.image.size) == ("RGB", (20, 30))
    assert np.abs(np.asarray(picture.image, int)[15, 10] - RED).max() <= 6
    assert [note for note in picture.notices if "palette" not in note] == []


def test_a_png_named_jpg_opens_by_its_content(tmp_path):
    path = tmp_path / "cat.jpg"
    path.write_bytes(encoded(Image.new("RGB", (20, 20), BLUE)))
    assert read_image(path).image.getpixel((0, 0)) == BLUE


def test_cmyk_is_converted_with_a_notice():
    picture = read_image(encoded(Image.new("CMYK", (20, 20), (0, 255, 255, 0)), "JPEG"))
    red, green, blue = picture.image.getpixel((10, 10))
    assert red > 240
    assert max(green, blue) < 15
    assert "CMYK" in picture.notices[0]


def test_a_palette_is_converted_with_a_notice():
    picture = read_image(encoded(Image.new("RGB", (20, 20), GREEN).quantize(4)))
    assert picture.image.getpixel((0, 0)) == GREEN
    assert "palette" in picture.notices[0]


def test_one_bit_becomes_black_and_white():
    picture = read_image(encoded(Image.new("1", (20, 20), 1)))
    assert picture.image.getpixel((0, 0)) == WHITE
    assert "black and white" in picture.notices[0]


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_is_laid_on_white(mode):
    colour = (0, 0, 0, 0) if mode == "RGBA" else (0, 0)
    picture = read_image(encoded(Image.new(mode, (20, 20), colour)))
    assert picture.image.getpixel((0, 0)) == WHITE
    assert "white" in picture.notices[0]


def test_half_transparent_black_is_mid_grey():
    assert pixel(encoded(Image.new("RGBA", (20, 20), (0, 0, 0, 128)))) == (127, 127, 127)


def test_a_transparent_palette_colour_is_laid_on_white():
    image = Image.new("P", (20, 20), 0)
    image.putpalette([*RED, *BLUE])
    image.putpixel((3, 3), 1)
    content = encoded(image, transparency=0)
    assert pixel(content) == WHITE
    assert pixel(content, 3, 3) == BLUE


def test_opaque_alpha_is_nothing_to_talk_about():
    assert read_image(encoded(Image.new("RGBA", (20, 20), (*RED, 255)))).notices == ()


def test_sixteen_bit_greys_are_scaled_not_clipped():
    # 0, 1/7 ... 7/7 of 65535 are 0, 1/7 ... 7/7 of 255
    greys = np.repeat(np.arange(8, dtype=np.uint16) * 9362, 4)[None].repeat(20, 0)
    picture = read_image(encoded(Image.fromarray(greys)))
    found = np.asarray(picture.image)[0, ::4, 0]
    np.testing.assert_array_equal(found, [0, 36, 73, 109, 146, 182, 219, 255])
    assert "16 bits" in picture.notices[0]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
def test_of_an_animation_the_first_frame_is_used(kind):
    frames = [Image.new("RGB", (20, 20), colour) for colour in (RED, BLUE)]
    options = {"lossless": True} if kind == "WEBP" else {}
    content = encoded(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    picture = read_image(content)
    assert np.abs(np.subtract(picture.image.getpixel((10, 10)), RED)).max() <= 6
    assert "first" in picture.notices[0]


def test_a_phones_two_pictures_in_one_jpeg_are_no_animation():
    content = encoded(noise(), "MPO", save_all=True, append_images=[noise()])
    assert read_image(content).notices == ()


@pytest.mark.parametrize("orientation", range(2, 9))
def test_a_picture_stands_as_its_exif_orientation_asks(orientation):
    upright = Image.new("RGB", (40, 20), WHITE)
    upright.paste(RED, (0, 0, 10, 10))  # top left
    upright.paste(BLUE, (30, 0, 40, 10))  # top right
    undo = {5: 5, 6: 8, 8: 6, 7: 7}.get(orientation, orientation)
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = read_image(encoded(upright.transpose(turns[undo]), exif=exif))
    np.testing.assert_array_equal(np.asarray(picture.image), np.asarray(upright))
    assert "EXIF" in picture.notices[0]
    assert not picture.image.getexif()  # or the next program turns it again


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_garbled_exif_does_not_cost_the_picture():
    content = encoded(noise(), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff" + bytes(40))
    assert read_image(content).image.size == (50, 40)


def test_a_single_pixel_is_enlarged_by_whole_factors():
    picture = read_image(encoded(Image.new("RGB", (1, 1), BLUE)))
    assert picture.image.size == (16, 16)
    assert picture.image.getextrema() == ((0, 0), (0, 0), (255, 255))
    assert picture.notices == ("Enlarged from 1×1 to 16×16 px.",)


@pytest.mark.parametrize("size", [(1, 5000), (5000, 1), (20, 401)])
def test_a_strip_is_refused(size):
    assert reason(encoded(Image.new("RGB", size))) == "aspect"


def test_twenty_to_one_is_still_a_picture():
    assert read_image(encoded(Image.new("RGB", (20, 400)))).image.size == (20, 400)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP"])
def test_a_gigantic_picture_is_refused_by_its_header_with_its_size(kind, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)  # somebody wanted no limit
    content = claiming(kind, 20_000, 20_000)
    decoded = []
    monkeypatch.setattr(ImageFile.ImageFile, "load", decoded.append)
    with pytest.raises(ImageError, match=r"20,000×20,000 px.*50 megapixels") as refused:
        read_image(content)
    assert refused.value.code == "size"
    assert not decoded


def test_a_limit_set_by_somebody_else_is_an_error_in_plain_words(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    assert reason(encoded(noise(), "WEBP")) == "size"


def test_a_file_of_too_many_bytes_is_not_even_read(tmp_path):
    path = tmp_path / "huge.png"
    with path.open("wb") as file:
        file.truncate(2**40)  # sparse: takes no room
    assert reason(path) == "size"


@pytest.mark.parametrize("permissive", [False, True])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "AVIF"])
def test_half_a_picture_is_refused(kind, permissive, monkeypatch):
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", permissive)  # set by other libraries
    content = encoded(noise(), kind)
    for part in (0.3, 0.5, 0.9):
        assert reason(content[: int(part * len(content))]) in ("truncated", "damaged")


def test_no_bytes_are_no_picture(tmp_path):
    assert reason(b"") == "empty"
    path = tmp_path / "cat.jpg"
    path.touch()
    assert reason(path) == "empty"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"<!DOCTYPE html><script>alert(1)</script>", "HTML"),
        (b"\xef\xbb\xbf\n <svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "SVG"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "PostScript"),
        (b"%PDF-1.7\n", "PDF"),
        (b"8BPS\0\1", "Photoshop"),
        (b"PK\x03\x04", "ZIP"),
        (b"\0\0\0\x20ftypisom\0\0\0\0", "film"),
        (b"just some words", "no picture"),
    ],
)
def test_other_kinds_of_file_are_refused_under_any_name(content, kind):
    with pytest.raises(ImageError, match=kind) as caught:
        read_image(content, name="cat.jpg")
    assert caught.value.reason == "format"
    assert "script" not in str(caught.value)  # nothing of the content is echoed


def test_tiff_is_refused_though_pillow_could_open_it():
    assert reason(encoded(noise(), "TIFF")) == "format"


def test_heic_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)  # importing it fails
    monkeypatch.setitem(sys.modules, "pillow_heif.as_plugin", None)
    with pytest.raises(ImageError, match="pip install pillow-heif"):
        read_image(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")


def test_heic_opens_where_pillow_heif_is_installed():
    pillow_heif = pytest.importorskip("pillow_heif")
    file = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", (64, 48), RED)).save(file)
    picture = read_image(file.getvalue())
    assert picture.image.size == (64, 48)
    assert np.abs(np.asarray(picture.image, int) - RED).max() < 10


def test_a_missing_file_a_folder_and_a_dangling_link_are_told_apart(tmp_path):
    link = tmp_path / "link.jpg"
    link.symlink_to(tmp_path / "gone.jpg")
    assert reason(tmp_path / "gone.jpg") == "missing"
    assert reason(tmp_path) == "unreadable"
    with pytest.raises(ImageError, match="link"):
        read_image(link)


def test_a_pipe_does_not_hold_the_reader_up(tmp_path):
    os.mkfifo(tmp_path / "cat.jpg")
    assert reason(tmp_path / "cat.jpg") == "unreadable"


def test_a_file_of_somebody_else_is_named_as_such(tmp_path, monkeypatch):
    path = tmp_path / "cat.jpg"
    path.write_bytes(encoded(noise()))

    def refuse(_path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)  # root may read what chmod forbids
    assert reason(path) == "permission"


def test_names_cannot_smuggle_control_characters_into_messages():
    with pytest.raises(ImageError) as caught:
        read_image(b"", name="cat\n\x1b[31m.jpg")
    assert str(caught.value).startswith("cat??[31m.jpg: ")


def test_an_error_survives_the_way_from_a_child_process():
    with pytest.raises(WorkbenchError) as caught:
        read_image(b"", name="cat.jpg")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (str(copy), copy.reason) == (str(caught.value), "empty")


@pytest.mark.filterwarnings("ignore")
def test_garbled_bytes_end_in_a_picture_or_in_an_image_error():
    chance = random.Random(0)
    frames = {"save_all": True, "append_images": [noise()]}
    seeds = [encoded(noise(), kind) for kind in ("PNG", "JPEG", "GIF", "WEBP", "BMP", "AVIF")]
    seeds += [encoded(noise(), kind, **frames) for kind in ("PNG", "GIF", "WEBP")]
    for _ in range(2000):
        content = bytearray(chance.choice(seeds))
        for _ in range(chance.choice([1, 3, 20])):
            reach = min(len(content), chance.choice([64, 400, len(content)]))
            content[chance.randrange(reach)] = chance.randrange(256)
        with suppress(ImageError):
            assert read_image(bytes(content)).image.mode == "RGB"


def test_threads_see_what_one_alone_sees():
    contents = [encoded(Image.new("RGB", (30, 30), (index, 0, 0))) for index in range(64)]
    with ThreadPoolExecutor(8) as pool:
        pictures = list(pool.map(read_image, contents))
    assert [picture.image.getpixel((0, 0))[0] for picture in pictures] == list(range(64))
