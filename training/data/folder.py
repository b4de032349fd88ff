"""Data sets that are folders of image files, one folder a class."""

import csv
import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from training.data.boxes import TABLE, BoxTable, read_boxes
from training.data.scan import Classes, ImageFile, Scan, Untouched
from training.data.source import Items, Source, SplitName, listing
from training.data.splits import ANNOTATIONS, LAYOUT, NAME_TABLES, Splits, role_of, splits_of
from training.errors import WorkbenchError
from training.image_files import FORMATS
from training.images import Picture, read_image

HELD_OUT = 10  # without one, every tenth image of a class
SEED = 0  # of the choice of those


def describe_folder(path: str, *, skip: frozenset[str] = frozenset()) -> Source:
    """Find the images of `train/<class>/` and `val/<class>/`, or of `<class>/` alone.

    Splits may be called otherwise (`training.data.splits`). Class folders may be links and have
    folders inside; links to folders in there are not followed. Without val or test, a tenth of each
    class is held out. `boxes.csv` may say where the object of each image is.

    Args:
        path: The data set's folder.
        skip: Names in it that are no classes.

    Raises:
        WorkbenchError: If there is no such folder, no image in it, or a class in val only.
    """
    root = Path(path).expanduser().absolute()
    if root.is_file():
        raise WorkbenchError(
            f"{root} is a file. Unpack it if it is an archive, and give the folder. {LAYOUT}"
        )
    if not root.is_dir():
        raise WorkbenchError(f"There is no folder {root}. {LAYOUT}")
    scan = Scan(root)
    try:
        splits = splits_of(scan, skip)
    except PermissionError as error:
        raise WorkbenchError(
            f"No permission to look into {error.filename}. Ask its owner to allow it."
        ) from error
    beside = _beside(root, splits)
    train, val = splits.train, splits.val
    folders = _class_folders(scan, splits)
    notices = _notices(scan, folders, splits)
    if not any(val.values()):
        train, val = _hold_out(root, train)
        notices.append("It has no val folder: a tenth of each class is held out for validation.")
        notices += _above(root)
    files = {"train": _labelled(train, folders), "val": _labelled(val, folders)}
    boxes = read_boxes(root, [file.path for labelled in files.values() for file, _ in labelled])

    def open_split(split: SplitName) -> Items:
        return _items(root, files[split], boxes)

    return Source(
        spec=f"folder:{root}",
        classes=distinct_names(folders, _name_table(root, splits)),
        fingerprint=_fingerprint(files),
        train_images=len(files["train"]),
        val_images=len(files["val"]),
        open=open_split,
        folders=tuple(folders),
        validation=_validation(splits, len(files["train"]), len(files["val"])),
        is_held_out=val is not splits.val,
        notices=(*notices, *(boxes.notices if boxes else ())),
        boxes=boxes.digest if boxes else "",
        is_current=Untouched(scan.folders | beside, scan.began_ns),
    )


def _validation(splits: Splits, train_images: int, val_images: int) -> str:
    """What trains and what validates, in a line."""
    place = f"of the folder {splits.train_folder}" if splits.train_folder else "of its folder"
    if not splits.val:
        return (
            f"Validation set: {val_images:,} images {place} that were held out, a tenth of each "
            f"class; training set: the other {train_images:,}."
        )
    return (
        f"Validation set: {val_images:,} images of the folder {splits.val_folder}; training set: "
        f"{train_images:,} {place}."
    )


def _above(root: Path) -> list[str]:
    """What lies beside a folder that is itself called train."""
    if role_of(root.name) is None:
        return []
    try:
        found = [path.name for path in root.parent.iterdir() if path != root and path.is_dir()]
    except OSError:
        return []
    beside = sorted(name for name in found if role_of(name))
    return [
        f"Beside it lie {listing(beside)}: give the folder above, {root.parent}, to validate on "
        "them."
    ] * bool(beside)


def _beside(root: Path, splits: Splits) -> dict[Path, int]:
    """When the data set's folder and the tables in it were last changed, ns."""
    names = ["", TABLE, *NAME_TABLES, f"{splits.val_folder or 'val'}/{ANNOTATIONS}"]
    names += [f"{splits.base}/{name}" for name in NAME_TABLES]
    there = [root / name for name in names if (root / name).exists()]
    return {path: path.stat().st_mtime_ns for path in there}


def distinct_names(folders: Sequence[str], names: Mapping[str, str]) -> tuple[str, ...]:
    """Readable class names; where two classes have the same one, their folders tell them apart."""
    chosen = [_first_synonym(folder, names.get(folder, folder)) for folder in folders]
    counts = Counter(chosen)  # ImageNet has two cranes: a bird and a machine
    return tuple(
        name if counts[name] == 1 else f"{name} ({folder})"
        for name, folder in zip(chosen, folders, strict=True)
    )


def _class_folders(scan: Scan, splits: Splits) -> list[str]:
    """The class folders in the order of their labels: those with training images."""
    train, val = splits.train, splits.val
    unknown = [name for name, files in val.items() if files and not train.get(name)]
    if unknown:
        raise WorkbenchError(
            f"{scan.root} has validation images without training images of the same class: "
            f"{listing(unknown)}. Each class folder in {splits.val_folder} needs one of that name "
            f"in {splits.train_folder}."
        )
    folders = sorted(name for name, files in train.items() if files)
    if not folders:
        raise WorkbenchError(_nothing_found(scan))
    return folders


def _nothing_found(scan: Scan) -> str:
    """Why there is nothing to train on, by what lies there instead."""
    found = []
    if scan.classless:
        found.append(f"{len(scan.classless):,} lie outside of any class.")
    if scan.folder_links:
        found.append(
            f"Links that lead round in a circle or lie inside of classes are not followed: "
            f"{listing(scan.folder_links)}."
        )
    if scan.dangling:
        found.append(f"Links to files that are not there: {listing(scan.dangling)}.")
    if ignored := +scan.ignored:
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in ignored.most_common(4))
        found.append(
            f"Of another format than {FORMATS} are {ignored.total():,} files ({kinds}): convert "
            "them if they are pictures."
        )
    return " ".join([f"There are no class folders with images in {scan.root}.", *found, LAYOUT])


def _notices(scan: Scan, folders: list[str], splits: Splits) -> list[str]:
    train, val = splits.train, splits.val
    ignored = +scan.ignored
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in ignored.most_common(4))
    found = {
        "Class folders without an image, left out": sorted(train.keys() - set(folders)),
        "Classes with a single image": [name for name in folders if len(train[name]) == 1],
        "Classes without a validation image": [
            name for name in folders if any(val.values()) and not val.get(name)
        ],
        "Images outside of any class folder, ignored": scan.classless,
        "Links to folders, not followed": scan.folder_links,
        "Links to files that are not there": scan.dangling,
    }
    notices = [*splits.notices]
    notices += [f"{what}: {listing(names)}." for what, names in found.items() if names]
    if ignored:
        notices.append(f"Files that are no images, ignored: {ignored.total():,} ({kinds}).")
    if len(folders) == 1:
        notices.append(f"There is but one class, {folders[0]}: is the path one folder too high?")
    return notices


def _hold_out(root: Path, classes: Classes) -> tuple[Classes, Classes]:
    """A tenth of each class, at least one of two images, for validation; the rest trains."""
    rng = np.random.default_rng(SEED)
    train: Classes = {}
    val: Classes = {}
    for name, files in sorted(classes.items()):
        count = max(1, round(len(files) / HELD_OUT)) if len(files) > 1 else 0
        chosen = set(rng.permutation(len(files))[:count].tolist())
        train[name] = [file for index, file in enumerate(files) if index not in chosen]
        val[name] = [file for index, file in enumerate(files) if index in chosen]
    if not any(val.values()):
        raise WorkbenchError(
            f"No class in {root} has the two images that it takes to hold one out for validation. "
            "Add images, or a folder val/<class>/."
        )
    return train, val


def _labelled(classes: Classes, folders: list[str]) -> list[tuple[ImageFile, int]]:
    return [(file, label) for label, name in enumerate(folders) for file in classes.get(name, ())]


def _fingerprint(files: Mapping[str, list[tuple[ImageFile, int]]]) -> str:
    digest = hashlib.sha256()
    for split, labelled in files.items():
        for file, label in labelled:
            row = (split, label, file.path, file.size, file.modified_ns, file.readable)
            digest.update(repr(row).encode(errors="surrogateescape"))
    return digest.hexdigest()[:20]


def _items(root: Path, labelled: list[tuple[ImageFile, int]], boxes: BoxTable | None) -> Items:
    names = [file.path for file, _label in labelled]
    labels = np.array([label for _file, label in labelled], dtype=np.int64)

    def load(index: int) -> Picture:
        return read_image(root / names[index], name=names[index], of_data=True)

    return Items(labels, names, load, boxes=boxes.of(names) if boxes else None)


def _first_synonym(folder: str, name: str) -> str:
    # WordNet says "goldfish, Carassius auratus"; a comma in anybody else's name is theirs
    return name.split(",")[0].strip() if re.fullmatch(r"n\d{8}", folder) else name


def _name_table(root: Path, splits: Splits) -> dict[str, str]:
    """Folder to readable name, from classes.csv (folder,name) or words.txt (tabs) if there."""
    places = [place / name for place in (root, root / splits.base) for name in NAME_TABLES]
    table = next((place for place in places if place.is_file()), None)
    if table is None:
        return {}
    try:
        with table.open(newline="", encoding="utf-8-sig") as lines:
            rows = list(csv.reader(lines, NAME_TABLES[table.name]))
    except (OSError, UnicodeError, csv.Error) as error:
        raise WorkbenchError(
            f"Cannot read the class names in {table} ({error}). Save it as UTF-8 text with lines "
            "like n01443537,goldfish, or remove it."
        ) from error
    return {row[0].strip(): row[1].strip() for row in rows if len(row) > 1 and row[1].strip()}
