"""The question how features follow pictures that move, grow and turn."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from torch import Tensor

from training.errors import WorkbenchError
from training.preprocess import square
from training.progress import Progress, part_of
from viz.invariance.compute import (
    TRANSFORMATIONS,
    Invariance,
    as_arrays,
    as_invariances,
    few_steps,
    invariance,
)
from viz.network.choices import class_index, most_probable
from viz.store.cache import Arrays
from viz.store.lend import Opened
from viz.store.query import ImageSource, Look, Query

FIVE = tuple(ImageSource(str(index)) for index in range(5))  # as many as the paper's figure has


@dataclass(frozen=True)
class InvarianceQuery(Query[list[Invariance]]):
    """Features and answers while pictures move, grow and turn.

    .npz holds, for each of translation, scale and rotation: rotation_amount (A),
    rotation_layers (L), rotation_distance (L, N, A), Euclidean, from the features of the picture
    as it is, and rotation_probability (N, A). Also image and label (N), name of each picture and
    of the class whose probability it is.
    """

    images: tuple[ImageSource, ...] = FIVE
    """Picture files and numbers of validation images, with commas between."""
    label: tuple[str, ...] = ()
    """Class of each picture whose probability is followed, by name or number, with commas between;
    if not given, that of a validation image, and the most probable one of a picture file."""

    view: ClassVar[str] = "invariance"
    version: ClassVar[int] = 2  # 2: classes are the network's own, matched by name
    answer_type: ClassVar[type] = list
    message: ClassVar[str] = "Moving the pictures"

    def resolved(self, opened: Opened) -> Self:
        if not self.images:
            raise WorkbenchError("--images names no picture. Give at least one.")
        labels = self.label or [None] * len(self.images)
        if len(labels) != len(self.images):
            raise WorkbenchError(
                f"--label names {len(labels)} classes for {len(self.images)} pictures. Give one "
                "for each, or none."
            )
        named = tuple(map(self._class_of, [opened] * len(labels), self.images, labels))
        return replace(self, epoch=opened.epoch, label=named)

    def _class_of(self, opened: Opened, source: ImageSource, label: str | None) -> str:
        """By name; by number where two classes have the same name."""
        run, picture = opened.run, opened.picture(source)  # refused here if it is not there
        index = opened.true_class(source) if label is None else class_index(run.classes, label)
        if index is None:
            index = most_probable(run, opened.network, picture.image)
        name = run.classes[index]
        return name if class_index(run.classes, name) == index else str(index)

    def identity(self, opened: Opened) -> dict[str, Any]:
        """What lies around the network's crop counts, too: it comes into sight when all moves."""
        found = super().identity(opened)
        pixels = [hashlib.sha256(each.tobytes()).hexdigest() for each in self._pixels(opened)]
        found["settings"]["images"] = pixels
        return found

    def _pixels(self, opened: Opened) -> list[np.ndarray]:
        """The pictures as they would be stored, (S, S, 3) uint8 each."""
        side = opened.run.preprocess.resize
        return [np.asarray(square(opened.picture(each).image, side)) for each in self.images]

    def compute(self, opened: Opened, progress: Progress) -> list[Invariance]:
        run, network = opened.run, opened.network
        pixels, labels = np.stack(self._pixels(opened)), self._labels(opened)
        return [
            invariance(
                network, pixels, labels, run.preprocess, name,
                progress=part_of(progress, number, len(TRANSFORMATIONS)),
            )
            for number, name in enumerate(TRANSFORMATIONS)
        ]  # fmt: skip

    def _labels(self, opened: Opened) -> list[int]:
        return [class_index(opened.run.classes, label) for label in self.label]

    def encode(self, answer: list[Invariance]) -> Arrays:
        return as_arrays(answer)

    def decode(self, arrays: Arrays) -> list[Invariance]:
        return as_invariances(arrays)

    def show(self, opened: Opened, answer: list[Invariance], look: Look) -> InvarianceShown:
        pictures = [opened.picture(source) for source in self.images]
        return InvarianceShown(
            look,
            found=answer,
            strips=few_steps(opened.run.preprocess, pictures[0].image),
            images=[picture.name for picture in pictures],
            labels=[opened.run.classes[label] for label in self._labels(opened)],
        )


@dataclass(frozen=True)
class InvarianceShown:
    """A row a transformation, a line a picture."""

    look: Look
    found: Sequence[Invariance]  # one a transformation, of the same N pictures
    strips: Sequence[Tensor]  # for each a few changed versions of the first picture, in [0, 1]
    images: Sequence[str]  # names of the N pictures
    labels: Sequence[str]  # of the class whose probability is followed, N

    @property
    def names(self) -> list[str]:
        """What each line is called: the class, and the picture's number or file."""
        pairs = zip(self.labels, self.images, strict=True)
        return [f"{label} ({image.removeprefix('validation image ')})" for label, image in pairs]

    def arrays(self) -> Arrays:
        """All curves, and of what."""
        return as_arrays(self.found) | {
            "image": np.array(self.images, dtype=np.str_),
            "label": np.array(self.labels, dtype=np.str_),
        }


VIEW = InvarianceQuery
