"""The question how large the objects are beside what the units of each layer see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from training.progress import Progress
from viz.object_scale.compute import ObjectScale, as_arrays, object_scale, words
from viz.store.cache import Arrays
from viz.store.lend import Opened
from viz.store.query import Look, Query


@dataclass(frozen=True)
class ObjectScaleQuery(Query[ObjectScale]):
    """How large the objects are beside what the units of each layer see.

    Needs a data set that knows where its objects are. .npz holds: sizes (n), the square root of
    each object's area, layers, receptive_field and stride (L), all lengths in px of the network's
    input. Compared with another run: also second_sizes and so on.
    """

    epoch: int | None = None
    """Plays no part: no weights are looked at."""
    split: Literal["val", "train"] = "val"
    """Whose objects are measured."""

    view: ClassVar[str] = "object-scale"
    answer_type: ClassVar[type] = ObjectScale
    cached: ClassVar[bool] = False
    on_data: ClassVar[bool] = True
    of_weights: ClassVar[bool] = False
    message: ClassVar[str] = "Measuring objects"

    def compute(self, opened: Opened, progress: Progress) -> ObjectScale:
        split = opened.split(self.split, progress)
        return object_scale(opened.plan, split, opened.run.preprocess)

    def show(self, _opened: Opened, answer: ObjectScale, look: Look) -> ObjectScaleShown:
        return ObjectScaleShown(look, answer)


@dataclass(frozen=True)
class ObjectScaleShown:
    """Sizes of objects and of receptive fields."""

    look: Look
    scale: ObjectScale

    def arrays(self) -> Arrays:
        """All lengths in px of the network's input."""
        return as_arrays(self.scale)

    def words(self) -> str:
        """What the sizes say."""
        return words(self.scale)


VIEW = ObjectScaleQuery
