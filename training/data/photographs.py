"""Caltech-101, Imagenette and ImageNet: photographs that lie in folders, one a class."""

import re
from dataclasses import replace
from pathlib import Path

from training.data.download import download
from training.data.folder import describe_folder, distinct_names
from training.data.source import Source
from training.data.splits import LAYOUT
from training.errors import WorkbenchError

IMAGENETTE_CLASSES = {
    "n01440764": "tench",
    "n02102040": "English springer",
    "n02979186": "cassette player",
    "n03000684": "chain saw",
    "n03028079": "church",
    "n03394916": "French horn",
    "n03417042": "garbage truck",
    "n03425413": "gas pump",
    "n03445777": "golf ball",
    "n03888257": "parachute",
}


def describe_caltech101(place: str) -> Source:
    """Photographs of objects in 101 categories; a tenth of each is held out for validation."""
    root = Path(place).expanduser().absolute()
    folders = [root / "caltech101/101_ObjectCategories", root / "101_ObjectCategories"]
    download(
        "Caltech-101",
        root,
        _fetch_caltech101,
        is_there=lambda: any(folder.is_dir() for folder in folders),
        by_hand=f"unpack https://data.caltech.edu/records/mzrjq-6wc02 so that {folders[0]} exists",
    )
    folder = next(folder for folder in folders if folder.is_dir())
    # the images that a search for nothing in particular found are no category
    source = describe_folder(str(folder), skip=frozenset({"BACKGROUND_Google"}))
    return replace(source, spec=f"caltech101:{root}")


def describe_imagenette(place: str) -> Source:
    """Ten easy classes of ImageNet, about 9,500 and 3,900 photographs."""
    root = Path(place).expanduser().absolute()
    folders = [root, *(root / f"imagenette2{size}" for size in ("", "-320", "-160"))]
    download(
        "Imagenette",
        root,
        _fetch_imagenette,
        is_there=lambda: any((folder / "train").is_dir() for folder in folders),
        by_hand="unpack https://s3.amazonaws.com/fast-ai-imageclas/imagenette2-320.tgz into "
        f"{root}",
    )
    folder = next(folder for folder in folders if (folder / "train").is_dir())
    source = describe_folder(str(folder))
    classes = distinct_names(source.classes, IMAGENETTE_CLASSES)
    return replace(source, spec=f"imagenette:{root}", classes=classes, colours_of="ImageNet")


def describe_imagenet(place: str) -> Source:
    """ImageNet as folders train/<wnid> and val/<wnid>, with readable names for all 1000."""
    root = Path(place).expanduser().absolute()
    if not (root / "train").is_dir():
        raise WorkbenchError(
            f"ImageNet is not in {root} and may not be downloaded by a program. Get it from "
            f"https://www.image-net.org and unpack it there. {LAYOUT}"
        )
    source = replace(describe_folder(place), spec=f"imagenet:{root}", colours_of="ImageNet")
    wnids = source.classes
    if len(wnids) != 1000 or not all(re.fullmatch(r"n\d{8}", wnid) for wnid in wnids):
        return source
    from torchvision.models import AlexNet_Weights

    names = AlexNet_Weights.IMAGENET1K_V1.meta["categories"]  # in the order of the sorted wnids
    names_by_wnid = dict(zip(wnids, names, strict=True))
    return replace(source, classes=distinct_names(wnids, names_by_wnid))


def _fetch_caltech101(folder: Path) -> None:
    from torchvision.datasets import Caltech101

    Caltech101(folder, download=True)


def _fetch_imagenette(folder: Path) -> None:
    from torchvision.datasets import Imagenette

    Imagenette(folder, size="320px", download=True)  # enough for inputs of 224 px
