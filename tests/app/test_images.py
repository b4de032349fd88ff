"""The image that a page looks at: offered, chosen, uploaded, refused."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from app.widgets.images import keep_upload, offered, safe_name, upload_folder
from training.data import Split
from training.errors import WorkbenchError
from training.runs import Run

Open = Callable[..., AppTest]
Said = Callable[[AppTest, str], str | None]


def picture_bytes(kind: str = "PNG", size: tuple[int, int] = (48, 40), **how: Any) -> bytes:
    """A picture file of noise."""
    pixels = np.random.default_rng(3).integers(0, 256, (size[1], size[0], 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **how)
    return file.getvalue()


def split_of(labels: list[int]) -> Split:
    count = len(labels)
    images = np.zeros((count, 8, 8, 3), np.uint8)
    return Split(images, np.array(labels), [f"{i}.png" for i in range(count)])


def test_the_offer_is_the_first_image_of_classes_spread_over_all() -> None:
    labels = [label for label in range(11) for _ in range(3)]
    assert offered(split_of(labels)) == [0, 6, 12, 18, 24, 30]


def test_few_classes_are_filled_up_with_other_images() -> None:
    assert offered(split_of([1, 1, 0, 1])) == [2, 0, 1, 3]


def test_an_upload_is_kept_under_its_digest_and_its_own_name(runs: Path) -> None:
    content = picture_bytes()
    key = keep_upload(content, "my photo.png")
    kept = upload_folder(key.removeprefix("upload:")) / "my photo.png"
    assert kept.is_relative_to(runs)
    assert kept.read_bytes() == content


def test_two_uploads_that_differ_in_one_pixel_are_two(runs: Path) -> None:  # noqa: ARG001
    pixels = np.zeros((40, 40, 3), np.uint8)
    keys = set()
    for value in (0, 1):
        pixels[20, 20] = value
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "PNG")
        keys.add(keep_upload(file.getvalue(), "same.png"))
    assert len(keys) == 2


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\photos\\cat.jpg", "cat.jpg"),
        ("..", "picture"),
        (".hidden.png", "hidden.png"),
        ("<script>*x*.png", "_script__x_.png"),
        ("été.png", "été.png"),
        ("a\0b\n.png", "a_b_.png"),
    ],
)
def test_the_name_of_an_upload_is_no_path_and_no_markup(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"<html>hello</html>", "format"),
        (picture_bytes()[:200], "truncated"),
        (picture_bytes(size=(900, 20)), "aspect"),
    ],
)
def test_what_is_no_usable_picture_is_refused_and_not_kept(
    runs: Path, content: bytes, reason: str
) -> None:
    with pytest.raises(WorkbenchError, match=r"bad\.png") as refused:
        keep_upload(content, "bad.png")
    assert refused.value.code == reason
    assert not (runs / ".uploads").exists()


def test_a_file_above_the_limit_is_refused_with_its_size(runs: Path) -> None:  # noqa: ARG001
    with pytest.raises(WorkbenchError, match="21 MB, at most 20"):
        keep_upload(bytes(21 * 2**20), "large.png")


def test_an_upload_can_be_opened_by_its_address(app: Open) -> None:
    test = app("occlusion", image=keep_upload(picture_bytes(), "noise.png"))
    assert not test.exception
    assert not test.error


def test_what_was_done_to_an_upload_is_said(app: Open) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    test = app("occlusion", image=keep_upload(picture_bytes("JPEG", exif=exif), "turned.jpg"))
    assert any("EXIF" in notice.value for notice in test.info)


@pytest.mark.parametrize(
    "image", ["val:9999", "val:-1", "upload:../../etc", "upload:" + "0" * 64, "<script>", "val:x"]
)
def test_an_image_that_is_not_there_gives_way_to_the_first_with_a_notice(
    app: Open, image: str, in_address: Said
) -> None:
    test = app("occlusion", image=image)
    assert not test.exception
    assert in_address(test, "image") is None
    assert any("image" in notice.value for notice in test.info)


def test_without_data_a_page_asks_for_an_upload(app: Open, small: Run) -> None:
    settings = small.path / "run.json"
    settings.write_text(settings.read_text().replace(small.config["data"], "folder:/nowhere"))
    test = app("occlusion")
    assert not test.exception
    assert "Upload a picture" in test.info[-1].value
    assert not app("occlusion", image=keep_upload(picture_bytes(), "mine.png")).info
