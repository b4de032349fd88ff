"""The question what a network makes of all images of a split, and its gravest mistakes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, Self

import numpy as np
from torch import Tensor

from training.ensemble import Member, border_of, check_classes
from training.errors import WorkbenchError
from training.evaluate import Evaluation, Mistakes
from training.progress import Progress
from viz.mistakes.compute import MOST, Order, as_arrays, as_evaluation, evaluation, taken
from viz.network.choices import class_index
from viz.store.cache import Arrays, to_arrays
from viz.store.lend import Opened
from viz.store.query import Look, Query


@dataclass(frozen=True)
class EvaluationQuery(Query[Any]):
    """Accuracy, confusion and mistakes on all images of a split: one pass serves several views."""

    split: Literal["val", "train"] = "val"
    """Images to look through."""
    views: Literal[1, 10] = 1
    """10 for the mean of the paper's ten views."""

    view: ClassVar[str] = "evaluation"
    version: ClassVar[int] = 3  # 3: all mistakes are kept
    answer_type: ClassVar[type] = Evaluation
    on_data: ClassVar[bool] = True
    message: ClassVar[str] = "Evaluating the network"

    def resolved(self, opened: Opened) -> Self:
        check_classes(opened.run, opened.data())
        return replace(self, epoch=opened.epoch)

    def parts(self) -> Sequence[EvaluationQuery]:
        """The same evaluation, whichever view looks at it."""
        return [EvaluationQuery(self.run, self.epoch, self.split, self.views)]

    def compute(self, opened: Opened, progress: Progress) -> Evaluation:
        run, images = opened.run, opened.split(self.split)
        member = Member(run.name, opened.network, images, run.preprocess, border_of(run))
        return evaluation(member, views=self.views, progress=progress)

    def encode(self, answer: Evaluation) -> Arrays:
        return as_arrays(answer)

    def decode(self, arrays: Arrays) -> Evaluation:
        return as_evaluation(arrays)


@dataclass(frozen=True)
class MistakesLook(Look):
    """Which mistakes are shown; one pass finds all of them."""

    order: Order = "surest"
    """surest: the most confident mistakes; worst: the lowest probability of the true class."""
    k: int = 8
    """Images wanted, at most 64."""
    first: int = 0
    """How many to leave out before: 8 for the second eight."""
    true: str | None = None
    """Only images of this class, by name or number."""
    taken: str | None = None
    """Only images whose top prediction is this class, by name or number."""

    def __post_init__(self) -> None:
        if not 1 <= self.k <= MOST:
            raise WorkbenchError(f"--k must be from 1 to {MOST}, got {self.k}.")
        if self.first < 0:
            raise WorkbenchError(f"--first must be at least 0, got {self.first}.")


@dataclass(frozen=True)
class MistakesQuery(EvaluationQuery):
    """The images that the network is most wrong about, with its top-5 predictions.

    What is found is cached in the run and serves the view confusion, too.

    .npz holds: index (of the image in its split), label, truth (probability of the label) (k),
    guess, probability (k, 5), and file_name (k), class_name (K).
    """

    view: ClassVar[str] = "mistakes"
    look: ClassVar[type[Look]] = MistakesLook
    message: ClassVar[str] = "Looking for mistakes"

    def show(self, opened: Opened, answer: Evaluation, look: MistakesLook) -> MistakesShown:
        found = answer.surest if look.order == "surest" else answer.worst
        classes = opened.run.classes
        label, guess = (
            None if name is None else class_index(classes, name) for name in (look.true, look.taken)
        )
        found = taken(found, label, guess)
        found, of = found[look.first : look.first + look.k], len(found)
        split, indices = opened.split(self.split), found.index.numpy()
        preprocess = opened.run.preprocess
        pictures = preprocess.picture(preprocess.from_uint8(split.images[indices]))
        names = tuple(split.names[index] for index in indices.tolist())
        return MistakesShown(look, classes, found, pictures, names, of)


@dataclass(frozen=True)
class MistakesShown:
    """The gravest mistakes, the one to look at first coming first."""

    look: MistakesLook
    classes: tuple[str, ...]
    found: Mistakes  # k of them
    pictures: Tensor  # as the network sees them, (k, 3, H, W) in [0, 1]
    names: tuple[str, ...]  # of the images' files
    of: int = 0  # how many there are in all

    def arrays(self) -> Arrays:
        """The mistakes, and what the numbers of images and classes stand for."""
        return to_arrays(self.found) | {
            "file_name": np.array(self.names, str),
            "class_name": np.array(self.classes),
        }


VIEW = MistakesQuery
