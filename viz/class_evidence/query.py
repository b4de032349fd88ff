"""The question when a run learned what one image shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from torch import Tensor

from training.errors import WorkbenchError
from training.progress import Progress
from viz.class_evidence.compute import ClassEvidence, class_evidence, over_epochs
from viz.drawing.words import percent
from viz.network.choices import class_index
from viz.store.cache import Arrays
from viz.store.lend import Opened
from viz.store.query import FIRST_IMAGE, ImageSource, Look, Query


@dataclass(frozen=True)
class ClassEvidenceLook(Look):
    """What is looked at: one pass an epoch answers for every class."""

    label: str | None = None
    """Class, by name or number; if not given, that of a validation image, and the most probable
    one after the last epoch of a picture file."""


@dataclass(frozen=True)
class ClassEvidenceQuery(Query[ClassEvidence]):
    """When it learned what an image shows: probability and rank of a class after every epoch.

    The epoch from which on the answer is right is printed. What is found is cached epoch by epoch,
    so that a run that trains on costs one forward pass more an epoch.

    .npz holds: epoch (E), probability and rank (E) of the class, rank 1 being the answer;
    probabilities (E, K) of all classes, class_name (K), label, right_since, which is -1 where the
    class is not the answer in the end.
    """

    epoch: int | None = None
    """The last epoch looked at; the run's last one if not given."""
    image: ImageSource = FIRST_IMAGE
    """A picture file, or the number of a validation image; photo.jpg@0 is its left or upper
    square, @100 the right or lower one."""
    epochs: tuple[int, ...] = ()
    """Numbers with commas between; all up to the last one looked at if not given."""

    view: ClassVar[str] = "class-evidence"
    answer_type: ClassVar[type] = ClassEvidence
    look: ClassVar[type[Look]] = ClassEvidenceLook
    message: ClassVar[str] = "Following the answer"

    def over(self, opened: Opened, _look: Any = None) -> Sequence[int]:
        up_to = [epoch for epoch in opened.run.epochs if epoch <= opened.epoch]
        return sorted(set(self.epochs)) or up_to

    def resolved(self, opened: Opened) -> Self:
        epochs = opened.run.sound(self.over(opened)).epochs
        return replace(self, epoch=opened.epoch, epochs=epochs)

    def parts(self) -> list[ClassEvidenceQuery]:
        return [replace(self, epoch=epoch, epochs=(epoch,)) for epoch in self.epochs]

    def join(self, answers: Sequence[ClassEvidence]) -> ClassEvidence:
        return over_epochs(self.epochs, [each.probability[0] for each in answers])

    def checkpoints(self, opened: Opened) -> list[str]:
        return [opened.at(epoch).digest for epoch in self.epochs]

    def compute(self, opened: Opened, progress: Progress) -> ClassEvidence:
        pixels = opened.pixels(self.image)
        [epoch] = self.epochs
        found = class_evidence(opened.at(epoch).network, pixels)
        progress(1, 1)
        return over_epochs([epoch], [found])

    def show(
        self, opened: Opened, answer: ClassEvidence, look: ClassEvidenceLook
    ) -> ClassEvidenceShown:
        classes, known = opened.run.classes, opened.true_class(self.image)
        if look.label is not None:
            label = class_index(classes, look.label)
        else:
            label = int(answer.probability[-1].argmax()) if known is None else known
        if answer.probability.shape[1] != len(classes):
            raise WorkbenchError(f"{opened.run.name} has epochs of other classes. Train it anew.")
        picture = opened.run.preprocess.picture(opened.pixels(self.image))
        name = opened.picture(self.image).name
        return ClassEvidenceShown(
            ClassEvidenceLook(classes[label]), classes, answer, label, picture, name
        )


@dataclass(frozen=True)
class ClassEvidenceShown:
    """One class of one image over the epochs, beside the image."""

    look: ClassEvidenceLook  # resolved
    classes: tuple[str, ...]
    found: ClassEvidence
    label: int
    picture: Tensor  # (3, H, W) in [0, 1], what the network sees
    name: str  # of the image

    def arrays(self) -> Arrays:
        """Probabilities and ranks, and what they are of."""
        since = self.found.right_since(self.label)
        return {
            "epoch": self.found.epoch.numpy(),
            "probability": self.found.probability[:, self.label].numpy(),
            "rank": self.found.rank(self.label).numpy(),
            "probabilities": self.found.probability.numpy(),
            "class_name": np.array(self.classes),
            "label": np.array(self.label),
            "right_since": np.array(-1 if since is None else since),
        }

    def words(self) -> str:
        """When the class became the answer, in a sentence."""
        name, last = self.classes[self.label], self.found.probability[-1]
        now = f"P({name}) is {percent(float(last[self.label]))} in the end"
        first, since = (
            each(self.label) for each in (self.found.first_right, self.found.right_since)
        )
        if since is None:
            answer = self.classes[int(last.argmax())]
            once = "never" if first is None else f"first after epoch {first}, but not in the end"
            return f"{name} is {once} the answer: it is {answer}. {now}."
        earlier = f" (and for a while after epoch {first})" if first != since else ""
        return f"{name} is the answer since epoch {since}{earlier}. {now}."


def competitors(found: ClassEvidence, label: int, count: int = 3) -> list[int]:
    """The last epoch's answer, and the classes of highest probability at any epoch; not one."""
    best: list[int] = found.probability.amax(0).argsort(descending=True, stable=True).tolist()
    ranked = dict.fromkeys([int(found.probability[-1].argmax()), *best])
    return [index for index in ranked if index != label][:count]


VIEW: type[Query[Any]] = ClassEvidenceQuery
