"""Pictures decoded once, cut square and kept as memory-mapped bytes in a cache folder.

`<cache>/data/<fingerprint>-<size>/` holds, for each split, images, labels and perhaps masks or
boxes as .npy files, and index.json with names, notices and file sizes. It appears whole, by a
rename; what is damaged, or has other boxes by now, is made anew; deleting it loses only time.
"""

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, get_args

import numpy as np
from filelock import FileLock
from PIL import Image

from training.data.boxes import Box
from training.data.decode import CHUNK, Decoded, Report, decoded
from training.data.source import Items, Source, SplitName
from training.errors import WorkbenchError
from training.preprocess import square
from training.progress import Progress

VERSION = 1  # of the layout and of how pictures are made square; older ones are made anew


@dataclass(frozen=True)
class Split:
    """Stored pictures, their labels and where they came from. Read-only."""

    images: np.ndarray  # (N, size, size, 3) uint8, memory-mapped
    labels: np.ndarray  # (N,) int64
    names: Sequence[str]  # path relative to the data set, or "builtin val 17"
    masks: np.ndarray | None = None  # (N, size, size) bool, memory-mapped: where the object is
    boxes: np.ndarray | None = None
    """(N, 4) int32, around the object in stored pixels: left, top, right, bottom, half open; -1
    where unknown."""


@dataclass(frozen=True)
class Data:
    """A data set ready to train on: every picture decoded, the unreadable ones left out."""

    spec: str
    classes: tuple[str, ...]
    fingerprint: str  # of the source; the same at every size
    train: Split
    val: Split
    notices: tuple[str, ...]  # what a person should know before training on it
    folders: tuple[str, ...] = ()  # of the classes, where they lie in folders
    told: str = ""  # how its labels were matched with the outputs of a network, if at all
    foreign: str = ""  # why they are not those of the network that looks at it


def stored(source: Source, size: int, progress: Progress) -> Data:
    """Open the stored pictures of a source, after storing them if that was not done before.

    Two processes may ask at once: the second waits for the first.

    Raises:
        WorkbenchError: If most images are unreadable, or the cache folder cannot be written.
    """
    folder = cache_folder() / "data" / f"{source.fingerprint}-{size}"
    data = _opened(folder, source)
    if data is not None:
        return data
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder}.lock"):
            data = _opened(folder, source)  # another process may have made it meanwhile
            if data is None:
                _make(folder, source, size, progress)
                data = _opened(folder, source)
    except OSError as error:
        raise WorkbenchError(
            f"Cannot keep the decoded images in {folder}: {error.strerror or error}. "
            f"{_needed_mb(source, size):,} MB are needed. Make room there, or set "
            "FILTERSCOPE_CACHE to a folder with enough."
        ) from error
    assert data is not None
    return data


def cache_folder() -> Path:
    """Where decoded images live: FILTERSCOPE_CACHE, or the user's cache folder."""
    chosen = os.environ.get("FILTERSCOPE_CACHE")
    if chosen:
        return Path(chosen).expanduser().absolute()
    home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(home).expanduser() / "filterscope"


def _opened(folder: Path, source: Source) -> Data | None:
    """What the folder holds, or None if it is missing, damaged or of another version."""
    try:
        index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
        if index["version"] != VERSION or index.get("boxes", "") != source.boxes:
            return None
        for name, length in index["bytes"].items():
            if (folder / name).stat().st_size != length:
                return None
        splits = {name: _opened_split(folder, name, index) for name in get_args(SplitName)}
    except (OSError, ValueError, LookupError, TypeError):
        return None
    notices = (*source.notices, *index["notices"])
    return Data(
        source.spec,
        source.classes,
        source.fingerprint,
        splits["train"],
        splits["val"],
        notices,
        folders=source.folders,
    )


def _opened_split(folder: Path, split: SplitName, index: dict) -> Split:
    def mapped(kind: str) -> np.ndarray:
        return np.load(folder / f"{split}-{kind}.npy", mmap_mode="r", allow_pickle=False)

    def held(kind: str) -> np.ndarray | None:
        return mapped(kind) if f"{split}-{kind}.npy" in index["bytes"] else None

    labels, names = np.array(mapped("labels")), tuple(index["names"][split])
    return Split(mapped("images"), labels, names, held("masks"), held("boxes"))


def _make(folder: Path, source: Source, size: int, progress: Progress) -> None:
    """Store all pictures of a source under a temporary name, then give them theirs."""
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)  # left by a process that was killed
    partial.mkdir()
    try:
        _write(partial, source, size, progress)
        shutil.rmtree(folder, ignore_errors=True)  # damaged, or we would not be here
        partial.replace(folder)
        _flush_to_disk(folder.parent)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _write(folder: Path, source: Source, size: int, progress: Progress) -> None:
    total = source.train_images + source.val_images
    free = shutil.disk_usage(folder).free
    if free < total * size * size * 3:
        raise OSError(f"only {free // 2**20:,} MB are free")
    report = Report(total)
    names = {}
    for split in get_args(SplitName):
        items = source.open(split)
        writer = _SplitWriter(folder, split, size, items)
        for row, outcome in enumerate(decoded(items, size)):
            if isinstance(outcome, Decoded):
                writer.add(row, outcome)
            report.add(split, items.names[row], outcome)
            if report.done % CHUNK == 0:
                progress(report.done, total)
        names[split] = writer.close()
        progress(report.done, total)
    lengths = {path.name: path.stat().st_size for path in folder.iterdir()}
    index = {
        "version": VERSION,
        "spec": source.spec,
        "boxes": source.boxes,
        "bytes": lengths,
        "names": names,
        "notices": report.notices(),
    }
    (folder / "index.json").write_text(json.dumps(index), encoding="utf-8")
    _flush_to_disk(folder / "index.json")


class _SplitWriter:
    """Appends pictures to .npy files whose length is known only at the end.

    Written, not mapped: a full disk then is an error with a name, not a SIGBUS.
    """

    def __init__(self, folder: Path, split: SplitName, size: int, items: Items) -> None:
        self._folder, self._split, self._size, self._items = folder, split, size, items
        self._kept: list[int] = []
        self._boxes: list[Box] = []
        self._images = (folder / f"{split}-images.npy").open("w+b")
        self._header_bytes = self._write_header()

    def add(self, index: int, decoded: Decoded) -> None:
        self._images.write(decoded.pixels.data)
        self._kept.append(index)
        self._boxes.append(decoded.box)

    def close(self) -> list[str]:
        """Finish all files of the split and return the names of its pictures."""
        if not self._kept:
            raise WorkbenchError(f"None of the {self._split} images can be read.")
        self._images.seek(0)
        # numpy pads headers so that an array can grow under them
        assert self._write_header() == self._header_bytes
        _flush(self._images)
        self._images.close()
        self._save("labels", self._items.labels[self._kept].astype(np.int64))
        if self._items.masks is not None:
            masks = self._items.masks[self._kept]
            self._save("masks", np.stack([_square_mask(mask, self._size) for mask in masks]))
        if self._items.boxes is not None:
            self._save("boxes", np.array(self._boxes, dtype=np.int32))
        return [self._items.names[index] for index in self._kept]

    def _write_header(self) -> int:
        shape = (len(self._kept), self._size, self._size, 3)
        header = {"descr": "|u1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(self._images, header)
        return self._images.tell()

    def _save(self, kind: str, array: np.ndarray) -> None:
        with (self._folder / f"{self._split}-{kind}.npy").open("wb") as file:
            np.save(file, array, allow_pickle=False)
            _flush(file)


def _square_mask(mask: np.ndarray, size: int) -> np.ndarray:
    if mask.shape == (size, size):
        return mask
    grey = Image.fromarray(mask.astype(np.uint8) * 255)
    return np.asarray(square(grey, size)) >= 128


def _needed_mb(source: Source, size: int) -> int:
    return (source.train_images + source.val_images) * size * size * 3 // 2**20 + 1


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _flush_to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
