"""Data sets that are folders of image files, one folder a class."""

import csv
import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np

from training.data.source import Items, Source, SplitName, listing
from training.errors import WorkbenchError
from training.images import IMAGE_SUFFIXES, Picture, read_image

VAL_FOLDERS = ("val", "test")  # the first that exists; CIFAR and MNIST call theirs test
HELD_OUT = 10  # without one, every tenth image of a class, drawn from the seed
SEED = 0

LAYOUT = "Expected train/<class>/*.jpg and val/<class>/*.jpg, or <class>/*.jpg alone."


@dataclass(frozen=True, slots=True)
class _File:
    path: str  # relative to the data set, with /
    size: int  # bytes
    modified_ns: int
    readable: bool


@dataclass
class _Scan:
    """What walking the folders found, image files by class."""

    classes: dict[str, list[_File]] = field(default_factory=dict)
    ignored: Counter[str] = field(default_factory=Counter)  # other files, by suffix
    folder_links: list[str] = field(default_factory=list)
    dangling: list[str] = field(default_factory=list)


def describe_folder(
    path: str, *, spec: str = "", leave_out: frozenset[str] = frozenset()
) -> Source:
    """Find the images of `train/<class>/` and `val/<class>/`, or of `<class>/` alone.

    Without val or test, a tenth of each class is held out. Nothing is decoded.

    Args:
        path: The data set's folder.
        spec: What to call it, when it is not simply `folder:PATH`.
        leave_out: Class folders that are no classes.

    Raises:
        WorkbenchError: If there is no such folder, no image in it, or a class in val only.
    """
    root = Path(path).expanduser().absolute()
    if not root.is_dir():
        raise WorkbenchError(f"There is no folder {root}. {LAYOUT}")
    scan = _Scan()
    train, val = _splits(root, scan, leave_out)
    folders = _class_folders(root, train, val)
    classes = _readable_names(root, folders)
    notices = _notices(scan, train, val)
    if not any(val.values()):
        train, val = _hold_out(train)
        if not any(val.values()):
            raise WorkbenchError(
                f"No class in {root} has the two images that it takes to hold one out for "
                "validation. Add images, or a folder val/<class>/."
            )
        notices.append("It has no val folder: a tenth of each class is held out for validation.")
    files = {"train": _labelled(train, folders), "val": _labelled(val, folders)}
    return Source(
        spec=spec or f"folder:{root}",
        classes=classes,
        fingerprint=_fingerprint(files),
        train_images=len(files["train"]),
        val_images=len(files["val"]),
        open=partial(_open, root, files),
        notices=tuple(notices),
    )


Classes = dict[str, list[_File]]


def _splits(root: Path, scan: _Scan, leave_out: frozenset[str]) -> tuple[Classes, Classes]:
    held_apart = next((name for name in VAL_FOLDERS if (root / name).is_dir()), None)
    if (root / "train").is_dir():
        train = _classes(root, "train/", scan, leave_out)
        if held_apart is None:
            return train, {}
        annotations = root / held_apart / "val_annotations.txt"
        if annotations.is_file():
            return train, _annotated(root, held_apart, annotations, scan)
        return train, _classes(root, f"{held_apart}/", scan, leave_out)
    if held_apart is not None:
        raise WorkbenchError(f"{root} has a folder {held_apart}, but no folder train. {LAYOUT}")
    return _classes(root, "", scan, leave_out), {}


def _classes(root: Path, split: str, scan: _Scan, leave_out: frozenset[str]) -> Classes:
    """Image files of each class folder of a split, sorted by path."""
    folders = [name for name in _subfolders(root, split, scan) if name not in leave_out]
    return {name: sorted(_walk(root, f"{split}{name}", scan), key=_path) for name in folders}


def _subfolders(root: Path, split: str, scan: _Scan) -> list[str]:
    names = []
    for entry in os.scandir(root / split):
        if not entry.is_dir() or entry.name.startswith((".", "__MACOSX")):
            continue
        if entry.is_symlink():
            scan.folder_links.append(f"{split}{entry.name}")
        else:
            names.append(entry.name)
    return sorted(names)


def _walk(root: Path, folder: str, scan: _Scan) -> Iterator[_File]:
    """Image files in a folder and below it. Links to folders could lead round in circles."""
    with os.scandir(root / folder) as entries:
        for entry in entries:
            path = f"{folder}/{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(root, path, scan)
            elif entry.is_symlink() and not os.path.exists(entry.path):  # noqa: PTH110
                scan.dangling.append(path)
            elif entry.is_dir():
                scan.folder_links.append(path)
            elif _is_image_name(entry.name):
                yield _file(entry, path)
            else:
                scan.ignored[Path(entry.name).suffix.lower() or entry.name] += 1


def _is_image_name(name: str) -> bool:
    # "._cat.jpg" is what macOS leaves beside a copied cat.jpg
    return os.path.splitext(name)[1].lower() in IMAGE_SUFFIXES and name[0] != "."  # noqa: PTH122


def _file(entry: os.DirEntry[str], path: str) -> _File:
    status = entry.stat()
    readable = os.access(entry.path, os.R_OK)
    return _File(path, status.st_size, status.st_mtime_ns, readable)


def _path(file: _File) -> str:
    return file.path


def _annotated(root: Path, folder: str, annotations: Path, scan: _Scan) -> Classes:
    """Tiny ImageNet as published: all of val in one folder, classes in a table beside it."""
    files = {Path(file.path).name: file for file in _walk(root, folder, scan)}
    classes: Classes = {}
    for line in annotations.read_text(encoding="utf-8").splitlines():
        name, wnid, *_box = line.split("\t")
        if name in files:
            classes.setdefault(wnid, []).append(files[name])
    return classes


def _class_folders(root: Path, train: Classes, val: Classes) -> list[str]:
    """Names of the classes, in the order of their labels: those with training images."""
    unknown = [name for name, files in val.items() if files and not train.get(name)]
    if unknown:
        raise WorkbenchError(
            f"{root} has validation images of {listing(unknown)}, but no training images of it. "
            "Each class folder in val needs one of the same name in train."
        )
    folders = sorted(name for name, files in train.items() if files)
    if not folders:
        raise WorkbenchError(f"There are no images in {root}. {LAYOUT}")
    return folders


def _notices(scan: _Scan, train: Classes, val: Classes) -> list[str]:
    notices = []
    empty = sorted(name for name, files in train.items() if not files)
    if empty:
        notices.append(f"Class folders without an image are left out: {listing(empty)}.")
    single = [name for name, files in train.items() if len(files) == 1]
    if single:
        notices.append(f"Classes with a single training image: {listing(single)}.")
    unseen = [name for name, files in train.items() if files and val and not val.get(name)]
    if unseen:
        notices.append(f"Classes without a validation image: {listing(unseen)}.")
    if scan.ignored:
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in scan.ignored.most_common(4))
        notices.append(f"Files that are no images are ignored: {scan.ignored.total():,} ({kinds}).")
    if scan.folder_links:
        notices.append(f"Links to folders are not followed: {listing(scan.folder_links)}.")
    if scan.dangling:
        notices.append(f"Links to files that are not there: {listing(scan.dangling)}.")
    return notices


def _hold_out(classes: Classes) -> tuple[Classes, Classes]:
    """A tenth of each class, at least one of two images, for validation. The rest trains."""
    rng = np.random.default_rng(SEED)
    train: Classes = {}
    val: Classes = {}
    for name, files in sorted(classes.items()):
        count = max(1, round(len(files) / HELD_OUT)) if len(files) > 1 else 0
        chosen = set(rng.permutation(len(files))[:count].tolist())
        train[name] = [file for index, file in enumerate(files) if index not in chosen]
        val[name] = [file for index, file in enumerate(files) if index in chosen]
    return train, val


def _labelled(classes: Classes, folders: list[str]) -> list[tuple[_File, int]]:
    return [(file, label) for label, name in enumerate(folders) for file in classes.get(name, ())]


def _fingerprint(files: dict[str, list[tuple[_File, int]]]) -> str:
    digest = hashlib.sha256(b"folder 1")
    for split, labelled in files.items():
        for file, label in labelled:
            digest.update(f"{split}\0{label}\0{file}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()[:20]


def _open(root: Path, files: dict[str, list[tuple[_File, int]]], split: SplitName) -> Items:
    names = [file.path for file, _label in files[split]]
    labels = np.array([label for _file, label in files[split]], dtype=np.int64)

    def load(index: int) -> Picture:
        return read_image(root / names[index], name=names[index])

    return Items(labels, names, load)


def _readable_names(root: Path, folders: list[str]) -> tuple[str, ...]:
    """Class names from classes.csv or words.txt beside the folders; the folders' own otherwise."""
    table = _name_table(root)
    names = [_first_synonym(folder, table.get(folder, folder)) for folder in folders]
    counts = Counter(names)
    # ImageNet has two cranes: a bird and a machine
    return tuple(
        name if counts[name] == 1 else f"{name} ({folder})"
        for name, folder in zip(names, folders, strict=True)
    )


def _first_synonym(folder: str, name: str) -> str:
    # WordNet gives "goldfish, Carassius auratus"; a comma in anybody else's name is theirs
    return name.split(",")[0].strip() if re.fullmatch(r"n\d{8}", folder) else name


def _name_table(root: Path) -> dict[str, str]:
    """Folder to name, from classes.csv (a header, then folder,name) or words.txt (tabs)."""
    for file, dialect in (("classes.csv", "excel"), ("words.txt", "excel-tab")):
        try:
            with (root / file).open(newline="", encoding="utf-8-sig") as lines:
                rows = list(csv.reader(lines, dialect))
        except FileNotFoundError:
            continue
        except (OSError, UnicodeError, csv.Error) as error:
            raise WorkbenchError(
                f"Cannot read the class names in {root / file} ({error}). Save it as UTF-8 text "
                "with the lines folder,name, or remove it."
            ) from error
        return {row[0].strip(): row[1].strip() for row in rows if len(row) > 1 and row[1].strip()}
    return {}


def with_names(source: Source, names: tuple[str, ...]) -> Source:
    """The same images under other class names, in the order of the labels."""
    return replace(source, classes=names)
