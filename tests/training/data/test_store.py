"""Pictures stored once: what is kept, what is said, and what breaks."""

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import PATIENCE_S
from training.data import decode, describe, open_data, store
from training.errors import WorkbenchError


@pytest.fixture
def spec(photos, fill) -> str:
    for split, count in (("train", 4), ("val", 2)):
        fill(photos / split / "cat", count), fill(photos / split / "dog", count)
    return f"folder:{photos}"


def never(*_args):
    raise AssertionError("decoded again")


def test_pictures_are_mapped_bytes_with_labels_and_names(spec):
    data = open_data(spec, size=16)
    assert isinstance(data.train.images, np.memmap)
    assert (data.train.images.shape, data.train.images.dtype) == ((8, 16, 16, 3), np.uint8)
    assert data.train.labels.tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert data.train.labels.dtype == np.int64
    assert data.val.names[3] == "val/dog/001.png"
    assert data.val.masks is None
    assert not data.train.images.flags.writeable


def test_at_their_own_size_pictures_are_stored_to_the_byte(spec, photos):
    data = open_data(spec, size=20)
    for pixels, name in zip(data.train.images, data.train.names, strict=True):
        np.testing.assert_array_equal(pixels, np.asarray(Image.open(photos / name)))


def test_the_central_square_is_kept(photos):
    for split in ("train", "val"):
        (photos / split / "flag").mkdir(parents=True)
        flag = Image.new("RGB", (60, 20), "red")
        flag.paste("blue", (20, 0, 40, 20))
        flag.save(photos / split / "flag/0.png")
    pixels = open_data(f"folder:{photos}", size=20).train.images
    assert (pixels == (0, 0, 255)).all()


def test_the_second_time_nothing_is_decoded(spec, monkeypatch):
    first = open_data(spec, size=16)
    monkeypatch.setattr(store, "decoded", never)
    second = open_data(spec, size=16)
    np.testing.assert_array_equal(first.train.images, second.train.images)
    assert first.train.names == second.train.names
    assert first.notices == second.notices


def test_describing_decodes_nothing(spec, monkeypatch):
    monkeypatch.setattr("training.data.folder.read_image", never)
    assert describe(spec).train_images == 8


def test_a_changed_file_is_decoded_anew(spec, photos):
    before = open_data(spec, size=20).train.images[0].copy()
    Image.new("RGB", (20, 20), "red").save(photos / "train/cat/000.png")
    after = open_data(spec, size=20).train.images[0]
    assert (after == (255, 0, 0)).all()
    assert (before != after).any()


def test_each_size_is_stored_apart(spec):
    assert open_data(spec, size=16).val.images.shape[1] == 16
    assert open_data(spec, size=12).val.images.shape[1] == 12
    assert open_data(spec, size=16).val.images.shape[1] == 16


def test_an_unreadable_file_is_named_skipped_and_counted(spec, photos):
    (photos / "train/cat/001.png").write_bytes(b"")
    (photos / "train/dog/002.png").write_text("<html>")
    data = open_data(spec, size=16)
    assert len(data.train.images) == 6
    assert data.train.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert "train/cat/001.png" not in data.train.names
    (notice,) = data.notices
    assert notice.startswith("2 of 12 images cannot be read and are left out")
    assert "train/cat/001.png (empty), train/dog/002.png (format)" in notice
    assert open_data(spec, size=16).notices == data.notices


def test_when_most_are_unreadable_it_is_an_error(spec, photos, cache):
    for path in photos.glob("*/*/*.png"):
        path.write_text("<html>")
    with pytest.raises(WorkbenchError, match=r"More than half of the 12 images.*HTML"):
        open_data(spec, size=16)
    assert [path.name for path in (cache / "data").iterdir() if path.suffix != ".lock"] == []


def test_when_no_validation_image_is_readable_it_is_an_error(spec, photos):
    for path in photos.glob("val/*/*.png"):
        path.write_text("<html>")
    with pytest.raises(WorkbenchError, match="None of the val images"):
        open_data(spec, size=16)


def test_one_picture_in_train_and_val_is_reported(spec, photos):
    shutil.copy(photos / "train/cat/002.png", photos / "val/dog/copy.png")
    (notice,) = open_data(spec, size=16).notices
    assert "val/dog/copy.png = train/cat/002.png" in notice


def test_what_was_done_to_pictures_is_counted(spec, photos):
    for index in range(2):
        grey = np.full((20, 20), 1000 * index, np.uint16)
        Image.fromarray(grey).save(photos / f"train/cat/grey{index}.png")
    assert "2 images: Scaled from 16 bits to 8." in open_data(spec, size=16).notices


def test_progress_counts_every_image_of_both_splits(spec, monkeypatch):
    monkeypatch.setattr(store, "CHUNK", 5)
    monkeypatch.setattr(decode, "CHUNK", 5)
    reports = []
    open_data(spec, size=16, progress=lambda done, total: reports.append((done, total)))
    assert reports == [(5, 12), (8, 12), (10, 12), (12, 12)]


def stored_folder(cache: Path) -> Path:
    (folder,) = (path for path in (cache / "data").iterdir() if path.is_dir())
    return folder


@pytest.mark.parametrize("victim", ["train-images.npy", "val-labels.npy", "index.json"])
def test_a_damaged_cache_is_made_anew(spec, cache, victim):
    whole = np.array(open_data(spec, size=16).train.images)
    path = stored_folder(cache) / victim
    path.write_bytes(path.read_bytes()[:-10])
    np.testing.assert_array_equal(open_data(spec, size=16).train.images, whole)
    path.unlink()
    np.testing.assert_array_equal(open_data(spec, size=16).train.images, whole)


def test_a_cache_of_another_version_is_made_anew(spec, cache):
    open_data(spec, size=16)
    path = stored_folder(cache) / "index.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "version": 0}))
    assert len(open_data(spec, size=16).train.images) == 8


def test_what_a_killed_process_left_is_swept_away(spec, cache):
    open_data(spec, size=16)
    folder = stored_folder(cache)
    folder.rename(folder.with_name(f"{folder.name}.partial"))
    open_data(spec, size=16)
    assert stored_folder(cache) == folder


def test_nothing_is_left_of_work_that_was_cancelled(spec, cache):
    def cancel(_done, _total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        open_data(spec, size=16, progress=cancel)
    assert [path.suffix for path in (cache / "data").iterdir()] == [".lock"]


def test_a_full_disk_is_an_error_with_the_room_needed(spec, monkeypatch):
    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "_flush", full)
    with pytest.raises(WorkbenchError, match=r"No space left.*1 MB are needed.*FILTERSCOPE_CACHE"):
        open_data(spec, size=16)


def test_a_cache_that_is_no_folder_says_which_setting_to_change(spec, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("FILTERSCOPE_CACHE", str(tmp_path / "file"))
    with pytest.raises(WorkbenchError, match="FILTERSCOPE_CACHE"):
        open_data(spec, size=16)


def test_the_cache_follows_the_desktops_convention(monkeypatch):
    monkeypatch.delenv("FILTERSCOPE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert store.cache_folder() == Path("/somewhere/filterscope")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert store.cache_folder() == Path.home() / ".cache/filterscope"


def test_threads_that_ask_at_once_decode_once(spec, monkeypatch):
    calls = []

    def counted(*arguments):
        calls.append(arguments)
        return decode.decoded(*arguments)

    monkeypatch.setattr(store, "decoded", counted)
    with ThreadPoolExecutor(4) as pool:
        asked = list(pool.map(lambda _: open_data(spec, size=16), range(4)))
    assert len(calls) == 2  # train and val
    assert {len(data.train.images) for data in asked} == {8}


@pytest.mark.slow
def test_processes_that_ask_at_once_all_get_it_whole(spec):
    script = "import sys; from training.data import open_data as o; "
    script += "print(o(sys.argv[1], size=16).train.images.sum())"
    command = [sys.executable, "-c", script, spec]
    asking = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    sums = [int(process.communicate(timeout=PATIENCE_S)[0]) for process in asking]
    assert sums == [open_data(spec, size=16).train.images.sum()] * 3
