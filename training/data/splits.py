"""Which folders of a data set hold its training and which its validation images.

Folders are called train, Training, TRAIN, train_set, seg_train, train2017 and so on. They lie in
the data set's folder or one deeper (`archive/train`, `train/train`), or inside each class. What is
taken for what is said; a folder that holds the same classes as train and is not used is named.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NoReturn

from training.data.boxes import TABLE
from training.data.class_names import outputs_of, plain
from training.data.scan import Classes, Scan
from training.data.source import listing
from training.errors import WorkbenchError

Role = Literal["train", "val", "test"]

ANNOTATIONS = "val_annotations.txt"  # of Tiny ImageNet as published
NAME_TABLES = {"classes.csv": "excel", "words.txt": "excel-tab"}  # file: dialect of csv
LAYOUT = "Expected train/<class>/*.jpg and val/<class>/*.jpg, or <class>/*.jpg alone."

_WORDS: dict[str, Role] = {
    **dict.fromkeys(("train", "training", "trn"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "validate", "dev", "eval", "evaluation"), "val"),
    **dict.fromkeys(("test", "testing", "tst"), "test"),
}
_FILLERS = frozenset(
    re.findall(
        r"\w+",
        "set sets data dataset images image imgs img pictures photos split folder files samples",
    )
)
_FILLED = re.compile(r"(?<=[a-z])(?:dataset|sets?|data|images?|imgs?|split)$")


@dataclass
class Splits:
    """Image files by class, and what a person should know of where they were found."""

    train: Classes
    train_folder: str  # within the data set; "" for itself
    val: Classes = field(default_factory=dict)  # empty where nothing is set apart
    val_folder: str = ""
    notices: list[str] = field(default_factory=list)
    base: str = ""  # the folder in which those of the splits lie


def splits_of(scan: Scan, skip: frozenset[str]) -> Splits:
    """The image files of a data set.

    Args:
        scan: Of its folder.
        skip: Names in it that are no classes.

    Raises:
        WorkbenchError: If there are validation images alone, or several data sets or folders that
            could be the same split.
    """
    base, roles = "", _roles(scan, "")
    if not roles:
        inner = [name for name in scan.subfolders("", skip) if "train" in _roles(scan, name)]
        if len(inner) > 1:
            return _by_class(scan, inner, skip)
        if inner:
            [base] = inner
            roles = _roles(scan, base)
    if "train" not in roles:
        for folders in roles.values():
            raise WorkbenchError(
                f"{scan.root} has a folder {folders[0]}, but no folder train. {LAYOUT}"
            )
        return _flat(scan, skip)
    folder = _only(scan, base, "train", roles)
    if not scan.subfolders(folder, skip) and roles.keys() == {"train"}:
        pictures = [
            name for name in scan.subfolders(base, skip) if scan.has_images(_in(base, name))
        ]
        if len(pictures) > 1:  # a class of its own, such as the trains among the vehicles
            return _flat(scan, skip, base)
    splits = Splits(scan.classes(folder, skip=skip), folder, base=base)
    _set_apart(scan, splits, base, roles, skip)
    _name_unused(scan, splits, base, skip)
    return splits


def _flat(scan: Scan, skip: frozenset[str], base: str = "") -> Splits:
    """Class folders in the data set's folder itself."""
    splits = Splits(scan.classes(base, skip=skip | NAME_TABLES.keys() | {TABLE}), base)
    names = [name for name, files in splits.train.items() if files]
    inside = [{plain(each) for each in scan.subfolders(_in(base, name), skip)} for name in names]
    shared = set.intersection(*inside) if len(inside) > 1 else set()
    if len(shared) > 1:
        splits.notices.append(
            f"The class folders {listing(names)} all hold the folders {listing(sorted(shared))}: "
            "if they are splits and no classes, call them train and val."
        )
    return splits


def _by_class(scan: Scan, classes: Sequence[str], skip: frozenset[str]) -> Splits:
    """Splits that lie inside of each class: cat/train, cat/test, dog/train."""
    splits = Splits({}, "<class>/train")
    for name in classes:
        roles = _roles(scan, name)
        folder = _only(scan, name, "train", roles)
        if scan.subfolders(folder, skip):
            raise WorkbenchError(
                f"{scan.root} holds several data sets, each with a folder for training: "
                f"{listing(classes)}. Give the folder of one of them."
            )
        splits.train[name] = scan.files(folder)
        for role in ("val", "test"):
            if role in roles and name not in splits.val:
                splits.val[name] = scan.files(_only(scan, name, role, roles))
                splits.val_folder = f"<class>/{role}"
    _name_unused(scan, splits, "", skip | set(classes))
    return splits


def _set_apart(
    scan: Scan, splits: Splits, base: str, roles: dict[Role, list[str]], skip: frozenset[str]
) -> None:
    """Validation images, else test images where these are sorted into the same classes."""
    role: Role = "val" if "val" in roles else "test"
    if role not in roles:
        return
    folder = _only(scan, base, role, roles)
    table = scan.root / folder / ANNOTATIONS
    if table.is_file():
        found = _annotated(scan, folder)
    else:
        found = _named_alike(scan.classes(folder, skip=skip), splits)
    known = {name for name, files in found.items() if files} & splits.train.keys()
    if role == "test" and not known:
        splits.notices.append(
            f"The images of {folder} are not sorted into the classes of {splits.train_folder} and "
            "are not used."
        )
        return
    if not any(found.values()):
        raise WorkbenchError(
            f"There are no class folders with images in {scan.root / folder}. Sort its images into "
            f"folders named as in {splits.train_folder}, or remove it to have a tenth held out."
        )
    splits.val, splits.val_folder = found, folder


def _named_alike(val: Classes, splits: Splits) -> Classes:
    """The class folders of val by their names in train: Cat for cat, é for e with an accent."""
    names = [name for name, files in val.items() if files]
    theirs = [name for name, files in splits.train.items() if files]
    found: Classes = {}
    other = []
    for name, at in zip(names, outputs_of(names, theirs), strict=True):
        known = name if at is None else theirs[at]
        found[known] = val[name]
        if known != name:
            other.append(f"{name} = {known}")
    if other:
        splits.notices.append(f"Class folders written otherwise than in train: {listing(other)}.")
    return found


def _annotated(scan: Scan, folder: str) -> Classes:
    """Tiny ImageNet as published: all of val in one folder, the classes in a table beside it."""
    files = {file.path.rpartition("/")[2]: file for file in scan.files(folder)}
    scan.ignored[".txt"] -= 1  # the table has been of use
    classes: Classes = {}
    for line in (scan.root / folder / ANNOTATIONS).read_text(encoding="utf-8").splitlines():
        name, _tab, rest = line.partition("\t")
        if name in files:
            classes.setdefault(rest.split("\t")[0], []).append(files[name])
    return classes


def _name_unused(scan: Scan, splits: Splits, base: str, skip: frozenset[str]) -> None:
    """Say which folders beside those of the splits are left aside."""
    used = {splits.train_folder.split("/")[0], splits.val_folder.split("/")[0]}
    if base:
        used = {f"{base}/{each.split('/')[1]}" for each in _paths(splits)} | {base}
    classes = {plain(name) for name, files in splits.train.items() if files}
    same, other = [], []
    for level in {"", base}:
        for name in scan.subfolders(level, skip):
            folder = _in(level, name)
            if folder in used:
                continue
            inside = {plain(each) for each in scan.subfolders(folder, skip)}
            if len(inside & classes) * 2 > len(classes):
                same.append(folder)
            elif role_of(name) is None:
                other.append(folder)
    if same:
        splits.notices.append(
            f"Not used, though they hold the same classes: {listing(sorted(same))}."
        )
    if other:
        splits.notices.append(f"Folders beside the splits, not used: {listing(sorted(other))}.")


def _paths(splits: Splits) -> list[str]:
    return [path for path in (splits.train_folder, splits.val_folder) if path]


# ---- the names of splits -----------------------------------------------------------------------


def role_of(name: str) -> tuple[Role, str] | None:
    """What a folder's name says it is for, and the rest of it: seg_train is for train, of seg."""
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+|\d+", name)
    words = [_FILLED.sub("", word.lower()) for word in words]
    roles = [word for word in words if word in _WORDS]
    if len(roles) != 1:
        return None
    rest = [word for word in words if word not in _WORDS and word not in _FILLERS]
    return _WORDS[roles[0]], " ".join(rest)


def _roles(scan: Scan, folder: str) -> dict[Role, list[str]]:
    """The folders of each role in a folder; with more to their names, at least two of a kind."""
    found: dict[str, dict[Role, list[str]]] = {}
    for name in scan.subfolders(folder):
        role = role_of(name)
        if role is not None:
            found.setdefault(role[1], {}).setdefault(role[0], []).append(name)
    if "" in found:
        return found[""]
    return next((roles for roles in found.values() if "train" in roles and len(roles) > 1), {})


def _only(scan: Scan, base: str, role: Role, roles: dict[Role, list[str]]) -> str:
    """The one folder of a role, down to where its classes lie."""
    names = roles[role]
    if len(names) > 1 and role not in names:
        _several(scan, base, role, names)
    folder = _in(base, role if role in names else names[0])
    inside = scan.subfolders(folder)
    if len(inside) == 1 and (_same_role(inside[0], role) or plain(inside[0]) in _FILLERS):
        deeper = _in(folder, inside[0])
        if scan.subfolders(deeper):
            return deeper
    return folder


def _same_role(name: str, role: Role) -> bool:
    found = role_of(name)
    return found is not None and found[0] == role


def _several(scan: Scan, base: str, role: Role, names: Sequence[str]) -> NoReturn:
    raise WorkbenchError(
        f"{scan.root / base} has several folders that could be {role}: {listing(names)}. Call the "
        f"one that is meant {role}, or move the others away."
    )


def _in(base: str, name: str) -> str:
    return f"{base}/{name}" if base else name
