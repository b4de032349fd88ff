"""The image that a page looks at: offered, chosen, uploaded, refused."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from app.shell.lender import LENDER
from app.widgets.class_choice import doubt_of
from app.widgets.images import offered
from app.widgets.uploads import keep_upload, path_of, safe_name, upload_folder
from training.data import Split
from training.errors import WorkbenchError
from training.outputs import SOFTMAX
from training.preprocess import Preprocess
from training.runs import Run
from viz.store.lend import Lender, Opened

Open = Callable[..., AppTest]
Said = Callable[[AppTest, str], str | None]


def picture_bytes(kind: str = "PNG", size: tuple[int, int] = (48, 40), **how: Any) -> bytes:
    """A picture file of noise."""
    pixels = np.random.default_rng(3).integers(0, 256, (size[1], size[0], 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **how)
    return file.getvalue()


def words(test: AppTest) -> str:
    """What a page says."""
    return "\n".join(element.value for element in [*test.markdown, *test.caption])


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
    assert "Rotated or mirrored as its EXIF orientation asks" in words(test)


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
    mine = app("occlusion", image=keep_upload(picture_bytes(), "mine.png"))
    assert not any("Upload a picture" in notice.value for notice in mine.info)


def test_another_square_of_a_photograph_is_chosen_by_address_and_command_alike(
    app: Open, small: Run, in_address: Said
) -> None:
    key = keep_upload(picture_bytes(size=(96, 40)), "wide.png")
    test = app("occlusion", image=f"{key}@100")
    assert not test.exception
    assert in_address(test, "image") == f"{key}@100"
    line = next(code.value for code in test.code if code.value.startswith("python -m viz"))
    source = f"{path_of(key)}@100"
    assert source in line
    opened = Opened.of(str(small.path), 3, Lender())
    assert opened.image_digest(source) != opened.image_digest(str(path_of(key)))
    lent = [lender.read(str(path_of(key)), 32, 100) for lender in (LENDER, Lender())]
    assert lent[0] == lent[1]


def test_the_upload_stays_in_the_strip_beside_the_run_s_images_until_it_is_closed(
    app: Open, in_address: Said
) -> None:
    test = app("occlusion", image=keep_upload(picture_bytes(), "mine.png"))
    test.query_params["image"] = "val:3"
    assert "mine\\.png" in words(test.run())
    test.button(key="close upload").click().run()
    assert not test.exception
    assert "mine\\.png" not in words(test)
    assert in_address(test, "image") == "val:3"


def test_closing_the_upload_that_is_looked_at_leads_back_to_the_run_s_images(
    app: Open, in_address: Said
) -> None:
    test = app("occlusion", image=keep_upload(picture_bytes(), "mine.png"))
    test.button(key="close upload").click().run()
    assert not test.exception
    assert in_address(test, "image") is None


def test_under_more_stands_the_number_of_the_image_that_is_looked_at(app: Open) -> None:
    test = app("retrieval")
    assert not test.exception
    assert f"(validation image {test.number_input[0].value})" in words(test)


def test_the_frame_is_what_the_network_sees() -> None:
    preprocess = Preprocess(size=24, resize=32, mean=(0.5,) * 3, std=(0.2,) * 3)
    assert preprocess.frame((64, 32)) == (20, 4, 44, 28)
    assert preprocess.frame((64, 32), 0) == (4, 4, 28, 28)
    assert preprocess.frame((320, 640), 100) == (40, 360, 280, 600)


@pytest.mark.parametrize(
    ("own", "doubted"),
    [([0.28] + [0.008] * 90, True), ([0.9] + [0.001] * 100, False), ([0.9, 0.1], False),
     ([0.55, 0.45], True)],
)  # fmt: skip
def test_a_picture_may_be_of_no_class_where_none_is_probable(
    own: list[float], doubted: bool
) -> None:
    assert bool(doubt_of(torch.tensor(own), SOFTMAX)) == doubted
