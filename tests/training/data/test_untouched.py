"""A data set that is open already is not walked through again, unless something has changed."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from training.data import open_data, scan


def settle(root: Path, age_s: float = 60) -> None:
    """As if all had lain there for a while."""
    for path in (root, *root.rglob("*")):
        before = path.stat().st_mtime_ns - int(age_s * 1e9)
        os.utime(path, ns=(before, before))


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FILTERSCOPE_CACHE", str(tmp_path / "cache"))
    root = tmp_path / "photos"
    for split in ("train", "val"):
        for name in ("cat", "dog"):
            folder = root / split / name
            folder.mkdir(parents=True)
            for index in range(2):
                picture(folder / f"{index}.png", index)
    settle(root)
    return root


def picture(path: Path, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (16, 16, 3), np.uint8)
    Image.fromarray(pixels).save(path)


def test_an_open_data_set_is_not_walked_through_again(photos: Path, monkeypatch):
    first = open_data(f"folder:{photos}", size=16)

    def walk(*_arguments):
        raise AssertionError("walked through again")

    monkeypatch.setattr(scan.Scan, "_entries", walk)
    assert open_data(f"folder:{photos}", size=16) is first


@pytest.mark.parametrize(
    "change",
    [
        lambda root: picture(root / "train/cat/9.png", 9),
        lambda root: (root / "val/dog/1.png").unlink(),
        lambda root: (root / "train/cat/0.png").rename(root / "train/cat/7.png"),
        lambda root: (root / "boxes.csv").write_text("path,x0,y0,x1,y1\nval/dog/0.png,1,1,5,5\n"),
        lambda root: (root / "classes.csv").write_text("cat,Katze\n"),
    ],
    ids=["a new image", "one less", "renamed", "boxes", "names of classes"],
)
def test_what_changes_is_noticed(photos: Path, change: Callable[[Path], object]):
    first = open_data(f"folder:{photos}", size=16)
    change(photos)
    again = open_data(f"folder:{photos}", size=16)
    assert (again.fingerprint, again.classes, again.val.boxes is None) != (
        first.fingerprint,
        first.classes,
        first.val.boxes is None,
    )


def test_a_table_written_over_is_noticed(photos: Path):
    (photos / "classes.csv").write_text("cat,Katze\n")
    settle(photos)
    assert open_data(f"folder:{photos}", size=16).classes == ("Katze", "dog")
    (photos / "classes.csv").write_text("cat,Gatto\n")
    assert open_data(f"folder:{photos}", size=16).classes == ("Gatto", "dog")


def test_a_folder_that_has_just_been_changed_is_not_trusted(photos: Path):
    picture(photos / "train/cat/9.png", 9)
    first = open_data(f"folder:{photos}", size=16)
    assert open_data(f"folder:{photos}", size=16) is not first


def test_a_relative_path_means_another_folder_elsewhere(photos: Path, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first = open_data("folder:photos", size=16)
    other = tmp_path / "elsewhere"
    other.mkdir()
    (photos).rename(other / "photos")
    picture(other / "photos/train/cat/9.png", 9)
    monkeypatch.chdir(other)
    assert len(open_data("folder:photos", size=16).train.labels) == len(first.train.labels) + 1
