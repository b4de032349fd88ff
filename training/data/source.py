"""What a data set is before anything is decoded: classes, counts, and how to get at its items."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from training.images import Picture

SplitName = Literal["train", "val"]
Triple = tuple[float, float, float]

IMAGENET_MEAN: Triple = (0.485, 0.456, 0.406)  # of ImageNet's training set; fits any photographs
IMAGENET_STD: Triple = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Items:
    """The labelled pictures of one split, each decoded when it is asked for."""

    labels: np.ndarray  # (N,) int64
    names: Sequence[str]  # path relative to the data set, or "builtin val 17"
    load: Callable[[int], Picture]  # called from several threads; raises ImageError
    masks: np.ndarray | None = None  # (N, H, W) bool, where the object is
    boxes: np.ndarray | None = None
    """(N, 4) int32, around the object in pixels of the picture: left, top, right, bottom, half
    open; -1 where unknown."""


@dataclass(frozen=True)
class Source:
    """A data set as it lies on the disk. Cheap to make: no picture has been opened."""

    spec: str  # as in run.json, with the path made absolute
    classes: tuple[str, ...]
    fingerprint: str  # changes whenever the pictures do; fit for a file name
    train_images: int
    val_images: int
    open: Callable[[SplitName], Items]
    folders: tuple[str, ...] = ()  # of the classes, where they lie in folders
    mean: Triple = IMAGENET_MEAN  # of each channel of the training set, in [0, 1]
    std: Triple = IMAGENET_STD
    colours_of: str = ""  # whose mean and std these are; empty where they have to be measured
    validation: str = ""  # what became the validation set, if that is not its own
    is_held_out: bool = False  # whether that was taken from the training images
    notices: tuple[str, ...] = ()  # what a person should know of the folder
    boxes: str = ""  # changes whenever the boxes do, which may come after the pictures
    is_current: Callable[[], bool] | None = None
    """Whether it would be described alike again, where that is told faster than by describing."""

    @property
    def validation_in_words(self) -> str:
        """What became the validation set."""
        name = self.spec.partition(":")[0]
        return self.validation or (
            f"Validation set: the {self.val_images:,} of {name}; training set: "
            f"{self.train_images:,}."
        )


def listing(names: Sequence[str], *, shown: int = 3) -> str:
    """The first few of many names, for a message."""
    more = len(names) - shown
    return ", ".join(names[:shown]) + (f" and {more:,} more" if more > 0 else "")
