"""The question whether a run's preprocessing is that with which its network was trained."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
import torch

from training.errors import WorkbenchError
from training.progress import Progress
from viz.network.images import SplitImages
from viz.preprocessing_check.compute import OWN, WAYS, Tried, by_chance, try_ways
from viz.store.cache import Arrays, to_arrays
from viz.store.lend import Opened
from viz.store.query import Look, Query, require_positive

CLEAR = 0.05  # how rarely chance alone may make such a difference


@dataclass(frozen=True)
class PreprocessingLook(Look):
    """Nothing is chosen afterwards."""


@dataclass(frozen=True)
class PreprocessingQuery(Query[Tried]):
    """Whether the run's preprocessing fits its network: others are tried on the same images.

    A wrong one costs many right answers and no error tells. Where the images' classes are not among
    the network's, the mean confidence is all there is, which is weaker evidence.

    .npz holds: way (V), names of the preprocessings, the run's own first; correct, confidence
    (V, N) and image (N).
    """

    images: int = 200
    """How many validation images to try, evenly spread over those whose class is known."""

    view: ClassVar[str] = "preprocessing-check"
    answer_type: ClassVar[type] = Tried
    on_data: ClassVar[bool] = True
    look: ClassVar[type[Look]] = PreprocessingLook
    message: ClassVar[str] = "Trying preprocessings"

    def __post_init__(self) -> None:
        require_positive(images=self.images)

    def resolved(self, opened: Opened) -> Self:
        if opened.plan.image_channels != 3:
            raise WorkbenchError(
                f"{opened.run.name} takes grey images; only networks of three channels are tried."
            )
        return replace(self, epoch=opened.epoch)

    def compute(self, opened: Opened, progress: Progress) -> Tried:
        data = opened.data(progress)
        labels = torch.from_numpy(np.array(data.val.labels))
        known = torch.nonzero(labels < len(opened.run.classes))[:, 0]
        if data.foreign:
            known = known[:0]
        every = known if len(known) else torch.arange(len(labels))
        spread = torch.linspace(0, len(every) - 1, min(self.images, len(every))).long()
        chosen = every[spread]
        images = SplitImages(data.val, opened.run.preprocess)[chosen]
        found = try_ways(
            opened.network,
            images,
            labels[chosen] if len(known) else None,
            opened.run.preprocess,
            progress=progress,
        )
        return replace(found, image=chosen)

    def show(self, opened: Opened, answer: Tried, look: PreprocessingLook) -> PreprocessingShown:
        return PreprocessingShown(look, opened.run.name, answer)


@dataclass(frozen=True)
class PreprocessingShown:
    """What each preprocessing gives, and which fits."""

    look: PreprocessingLook
    name: str  # of the run
    tried: Tried

    @property
    def names(self) -> list[str]:
        """Of the preprocessings, the run's own first."""
        return [OWN, *(way.name for way in WAYS)]

    @property
    def labelled(self) -> bool:
        """Whether it is known which answers are right."""
        return self.tried.correct.shape[1] > 0

    @property
    def score(self) -> torch.Tensor:
        """(V,) right answers, or the mean confidence where they are not known."""
        if self.labelled:
            return self.tried.correct.double().sum(1)
        return self.tried.confidence.double().mean(1)

    @property
    def best(self) -> int:
        """The place of the best; the run's own between equals."""
        return int(self.score.argmax())

    @property
    def verdict(self) -> str:
        """Which fits, by how much, and what to do, in a sentence or two."""
        score, count = self.score, len(self.tried.image)
        best = self.best
        if not self.labelled:
            words = (
                f"The classes of these images are not the network's, so that only its confidence "
                f"tells, which is weaker evidence: {score[0]:.1%} by its own preprocessing"
            )
            if best == 0:
                return f"{words}, and no other makes it surer."
            return f"{words}, {score[best]:.1%} by {self.names[best]}."
        own = f"{int(score[0])} of {count} images are classified correctly by its own preprocessing"
        if best == 0:
            second = 1 + int(score[1:].argmax())
            return f"{own}; no other does better, the next is {self.names[second]} with " + (
                f"{int(score[second])}."
            )
        chance = by_chance(self.tried.correct[best], self.tried.correct[0])
        other = f"{own}, {int(score[best])} by {self.names[best]}"
        if chance >= CLEAR:
            return f"{other}: no more than chance makes of it ({chance:.0%})."
        way = WAYS[best - 1]
        channels = " --channels bgr" if way.exchanged else ""
        flags = f"{way.flags}{channels}".strip()
        how = f" Import it with {flags}." if flags else " Import it without --mean, --std, --range."
        return f"{other}, which is more than chance.{how}"

    def arrays(self) -> Arrays:
        """All answers."""
        return to_arrays(self.tried) | {"way": np.array(self.names)}

    def words(self) -> str:
        """The table, and the verdict."""
        count = len(self.tried.image)
        head = f"right of {count}" if self.labelled else f"{count} images"
        width = max(map(len, self.names))
        lines = [f"{'preprocessing'.ljust(width)}  {head}  confidence"]
        for place, name in enumerate(self.names):
            right = str(int(self.score[place])) if self.labelled else ""
            confidence = float(self.tried.confidence[place].mean())
            lines.append(f"{name.ljust(width)}  {right.rjust(len(head))}  {confidence:10.1%}")
        return "\n".join([*lines, self.verdict])


VIEW = PreprocessingQuery
