"""Data sets. One string names one everywhere: command line, run.json, workbench.

`builtin` is drawn from a seed, `folder:PATH` holds one folder of images a class, and the others
are torchvision's, downloaded to ROOT where that is allowed: `cifar10:ROOT`, `mnist:ROOT`,
`caltech101:ROOT`, `stl10:ROOT`, `imagenette:ROOT`, `imagenet:ROOT`. `few:30:0:` before
a name stands for 30 training images of each class, drawn by the seed 0.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PIL import Image

from training.data import builtin
from training.data.few import few_of
from training.data.folder import describe_folder
from training.data.photographs import (
    describe_caltech101,
    describe_imagenet,
    describe_imagenette,
)
from training.data.source import Items, Source, SplitName
from training.data.store import Data, Split, stored
from training.data.torchvision_sets import describe_cifar10, describe_mnist, describe_stl10
from training.data_spec import Few
from training.errors import WorkbenchError
from training.images import Picture
from training.progress import Progress, silent
from training.words import printable

__all__ = ["SOURCES", "Data", "Source", "Split", "describe", "open_data"]

SOURCES: dict[str, Callable[[str], Source]] = {
    "folder": describe_folder,
    "cifar10": describe_cifar10,
    "mnist": describe_mnist,
    "caltech101": describe_caltech101,
    "stl10": describe_stl10,
    "imagenette": describe_imagenette,
    "imagenet": describe_imagenet,
}
"""What comes before the colon, as in `folder:PATH`. `builtin` has no place."""


def open_data(spec: str, *, size: int, progress: Progress = silent) -> Data:
    """The decoded, square pictures of a data set. The first time takes as long as decoding.

    Args:
        spec: Name of the data set, such as "builtin" or "folder:photos".
        size: Side at which pictures are stored, in px: the short side is scaled to it (bicubic,
            antialiased) and the central square cut out (Krizhevsky et al. 2012, section 2).
        progress: Told of every few hundred images while they are decoded.

    Raises:
        WorkbenchError: If there is no such data set, or it cannot be read or kept.
    """
    if size < 1:
        raise WorkbenchError(f"Images cannot be stored at {size} px. Choose 64, say.")
    key = spec, size, Path.cwd()  # a path in the spec may start there
    known = _opened.get(key)
    if known is not None and known[0]():
        return known[1]
    source = describe(spec)
    data = stored(source, size, progress)
    if source.is_current is not None:
        _opened[key] = source.is_current, data
    return data


_opened: dict[tuple[str, int, Path], tuple[Callable[[], bool], Data]] = {}
"""What is open: its pixels lie in files, and to walk through all images again takes seconds."""


def describe(spec: str) -> Source:
    """Classes, number of images and where they are, without decoding any.

    Raises:
        WorkbenchError: If there is no such data set.
    """
    few = Few.read(spec)
    if few is not None:
        return few_of(describe(few.data), few)
    family, _colon, place = spec.partition(":")
    if spec == "builtin":
        return _builtin()
    if family not in SOURCES or not place:
        known = ", ".join(["builtin", *(f"{name}:PATH" for name in SOURCES)])
        raise WorkbenchError(f"Unknown data set {spec!r}. Choose one of: {known}.")
    return _in_letters(SOURCES[family](place))


def _in_letters(source: Source) -> Source:
    """The same under names that can be shown and written: those of folders may be any bytes."""

    def opened(split: SplitName) -> Items:
        items = source.open(split)
        return replace(items, names=[printable(name) for name in items.names])

    return replace(source, classes=tuple(map(printable, source.classes)), open=opened)


def _builtin() -> Source:
    return Source(
        spec="builtin",
        classes=builtin.CLASSES,
        fingerprint=f"builtin-{builtin.VERSION}-seed-0",
        train_images=builtin.TRAIN_IMAGES,
        val_images=builtin.VAL_IMAGES,
        open=_open_builtin,
        mean=builtin.MEAN,
        std=builtin.STD,
        colours_of="its training images",
    )


def _open_builtin(split: SplitName) -> Items:
    drawing = builtin.draw(split)
    names = [f"builtin {split} {index}" for index in range(len(drawing.labels))]

    def load(index: int) -> Picture:
        return Picture(Image.fromarray(drawing.images[index]))

    return Items(drawing.labels, names, load, drawing.masks)
