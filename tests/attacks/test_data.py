"""Folders of images as disks and people leave them: trained on rightly, told, or refused."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.attacks.rows import missing
from training.config import FitConfig
from training.data import describe, open_data
from training.errors import WorkbenchError
from training.fit import fit

pytestmark = pytest.mark.thorough

FOLDERS, STORE = "training/data/test_folder.py::test_", "training/data/test_store.py::test_"
HELD = {
    "empty class folder; class with one image": [
        FOLDERS + "an_empty_class_folder_is_reported_and_no_class",
        FOLDERS + "the_one_image_of_a_class_trains",
    ],
    "one unreadable file": [STORE + "an_unreadable_file_is_named_skipped_and_counted"],
    "text files, Thumbs.db": [FOLDERS + "other_files_are_ignored_and_counted"],
    "links": [
        FOLDERS + "a_loop_of_links_is_not_walked",
        FOLDERS + "links_to_images_count_and_dangling_ones_are_named",
    ],
    "splits": ["training/data/test_splits.py::test_splits_are_known_in_any_spelling_and_told"],
}


def test_the_tests_that_hold_these_faults_are_there():
    assert missing(HELD) == []


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Write images of noise: photos("train/cat", 3, ".tif") below a folder, which it gives back."""
    monkeypatch.setenv("FILTERSCOPE_CACHE", str(tmp_path / "cache"))
    generator = np.random.default_rng(0)

    def write(place: str, count: int, suffix: str = ".png") -> str:
        folder = tmp_path / "photos" / place
        folder.mkdir(parents=True, exist_ok=True)
        for index in range(count):
            pixels = generator.integers(0, 256, (32, 32, 3), np.uint8)
            image = Image.fromarray(pixels).convert("L" if suffix == ".pgm" else "RGB")
            image.save(folder / f"{index:03}{suffix}")
        return f"folder:{tmp_path / 'photos'}"

    return write


@pytest.mark.parametrize(
    "suffix", [".ppm", ".pgm", ".tif", ".TIFF", ".jp2", ".bmp", ".jfif", ".j2k"]
)
def test_the_formats_of_data_sets_are_found_and_decoded(photos, suffix):
    photos("train/cat", 3, suffix), photos("train/dog", 3, suffix)
    spec = photos("val/cat", 1, suffix)
    data = open_data(spec, size=32)
    assert (len(data.train.labels), len(data.val.labels)) == (6, 1)
    assert data.train.images.std() > 20


def test_images_without_a_suffix_are_known_by_their_bytes(photos, tmp_path):
    photos("cat", 3), (spec := photos("dog", 3))
    for path in list((tmp_path / "photos").rglob("*.png")):
        path.rename(path.with_suffix(""))
    (tmp_path / "photos" / "cat" / "LICENSE").write_text("as is")
    source = describe(spec)
    assert source.train_images + source.val_images == 6
    assert "ignored: 1 (1 LICENSE)" in "\n".join(source.notices)


@pytest.mark.parametrize("suffix", [".ico", ".tga", ".npy", ".dcm", ".mat"])
def test_a_folder_of_another_format_names_it(photos, tmp_path, suffix):
    photos("cat", 2), (spec := photos("dog", 2))
    for path in list((tmp_path / "photos").rglob("*.png")):
        path.rename(path.with_suffix(suffix))
    with pytest.raises(WorkbenchError, match=rf"TIFF.*4 files \(4 \{suffix}\): convert"):
        describe(spec)


def test_a_folder_of_dangling_links_names_them(photos, tmp_path):
    spec = photos("cat", 0)
    photos("dog", 0)
    (tmp_path / "photos/cat/0.png").symlink_to(tmp_path / "gone.png")
    with pytest.raises(WorkbenchError, match=r"not there: cat/0\.png"):
        describe(spec)


def test_links_inside_of_classes_are_named_where_nothing_else_is_there(photos, tmp_path):
    photos("elsewhere/many", 3)
    (tmp_path / "mine/cat").mkdir(parents=True)
    (tmp_path / "mine/cat/more").symlink_to(tmp_path / "photos/elsewhere/many")
    with pytest.raises(WorkbenchError, match="not followed: cat/more"):
        describe(f"folder:{tmp_path / 'mine'}")


@pytest.mark.parametrize("name", ["data.zip", "data.tar.gz", "photo.jpg"])
def test_a_file_in_place_of_a_folder_says_to_unpack_it(tmp_path, name):
    (tmp_path / name).write_bytes(b"PK\x03\x04")
    with pytest.raises(WorkbenchError, match=r"is a file\. Unpack it"):
        describe(f"folder:{tmp_path / name}")


def test_an_image_in_both_splits_is_reported(photos, tmp_path):
    photos("train/cat", 3), photos("train/dog", 3), (spec := photos("val/cat", 1))
    root = tmp_path / "photos"
    (root / "val/cat/000.png").write_bytes((root / "train/cat/001.png").read_bytes())
    told = "\n".join(open_data(spec, size=32).notices)
    assert "val/cat/000.png = train/cat/001.png" in told


def settings(spec: str, tmp_path: Path, **changes) -> FitConfig:
    options = {"widths": [6, 8, 8, 8, 6], "hidden": [16, 12]} | changes.pop("options", {})
    given = {"batch_size": 4, "epochs": 1, "image_size": 32, "device": "cpu"} | changes
    return FitConfig(run=str(tmp_path / "run"), data=spec, options=options, **given)


@pytest.mark.parametrize(("broken", "stops"), [(1, False), (2, True), (3, True)])
def test_training_goes_on_without_one_bad_file_and_stops_above_a_hundredth(
    photos, tmp_path, broken, stops
):
    for place in ("train/cat", "train/dog", "val/cat", "val/dog"):
        spec = photos(place, 5)
    for index in range(broken):
        (tmp_path / f"photos/train/cat/{index:03}.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    if stops:
        with pytest.raises(WorkbenchError, match=rf"{broken} of 20 images cannot be read.*1 %"):
            fit(settings(spec, tmp_path))
    else:
        assert fit(settings(spec, tmp_path)).epochs == [0, 1]


@pytest.mark.parametrize(("images", "batch"), [(9, 2), (9, 4), (5, 2), (3, 2), (17, 16)])
def test_a_last_batch_of_one_never_meets_batch_normalisation(photos, tmp_path, images, batch):
    photos("train/cat", images - images // 2), photos("train/dog", images // 2)
    photos("val/cat", 1), (spec := photos("val/dog", 1))
    run = fit(settings(spec, tmp_path, batch_size=batch, options={"batch_norm": True}))
    assert np.isfinite(run.metrics().val_loss).all()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"batch_size": 1}, "--batch_size 1 is too small. Give at least 2"),
        ({"seed": -1}, "--seed must be a whole number from 0"),
        ({"seed": -(2**40)}, "--seed must be a whole number from 0"),
        ({"image_size": 8}, "too small"),
        ({"image_size": 0}, "--image_size must be"),
        ({"resize": 0}, "--resize must be"),
        ({"epochs": 0}, "--epochs must be"),
        ({"batch_size": 0}, "--batch_size must be"),
    ],
)
def test_settings_that_cannot_be_are_refused_before_a_folder_is_made(
    photos, tmp_path, changes, words
):
    photos("train/cat", 2), photos("train/dog", 2), (spec := photos("val/cat", 1))
    with pytest.raises(WorkbenchError, match=words):
        fit(settings(spec, tmp_path, **changes))
    assert not (tmp_path / "run").exists()


def test_a_batch_larger_than_the_data_is_all_of_it(photos, tmp_path):
    photos("train/cat", 2), photos("train/dog", 2), photos("val/cat", 1)
    spec = photos("val/dog", 1)
    assert fit(settings(spec, tmp_path, batch_size=4096)).epochs == [0, 1]


def test_one_class_is_nothing_to_tell_apart(photos, tmp_path):
    photos("train/cat", 3), (spec := photos("val/cat", 1))
    with pytest.raises(
        WorkbenchError, match="one class, cat, and there is nothing to tell it from"
    ):
        fit(settings(spec, tmp_path))
