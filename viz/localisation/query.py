"""The question whether heat maps point at the objects of many images."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, Self

import numpy as np

from training.ensemble import check_classes
from training.progress import Progress
from viz.attribution.compute import MethodName, usable
from viz.localisation.compute import Localisation, as_arrays, localise, table
from viz.store.cache import Arrays
from viz.store.lend import Opened
from viz.store.query import Look, Query, require_positive


@dataclass(frozen=True)
class LocalisationLook(Look):
    """Nothing is chosen afterwards."""


@dataclass(frozen=True)
class LocalisationQuery(Query[Any]):
    """Whether heat maps point at the objects, where the data set knows their places.

    A table is printed: how often each method's strongest point lies in the object, and how much
    of its map. What each method finds is cached for itself.

    .npz holds for each method, as occlusion_distance: image, distance (px), energy, area, centre
    (N), peak (N, 2), looked_at, worst (k), maps (k, H, W) for the N images that are classified
    correctly. Also label and file_name (N) of these, and class_name (K).
    """

    methods: tuple[MethodName, ...] = ("occlusion", "grad-cam")
    """Names with commas between, of occlusion, gradient, guided, deconvnet, grad-cam and
    integrated-gradients; grad-cam is left out of several, and that is said, where no layer with
    maps lies on every way to the answer."""
    images: int = 200
    """How many to look at, evenly spread over the split."""
    split: Literal["val", "train"] = "val"
    """Images to look at."""

    view: ClassVar[str] = "localisation"
    version: ClassVar[int] = 3  # 3: Grad-CAM takes the maps that everything passes
    answer_type: ClassVar[type] = Localisation
    on_data: ClassVar[bool] = True
    look: ClassVar[type[Look]] = LocalisationLook
    message: ClassVar[str] = "Testing the localisation"

    def __post_init__(self) -> None:
        require_positive(images=self.images)

    def resolved(self, opened: Opened) -> Self:
        methods, _ = usable(opened.plan, self.methods)
        check_classes(opened.run, opened.data())
        return replace(self, epoch=opened.epoch, methods=methods)

    def parts(self) -> Sequence[LocalisationQuery]:
        return [replace(self, methods=(method,)) for method in self.methods]

    def join(self, answers: Sequence[Any]) -> tuple[Localisation, ...]:
        return tuple(answers)

    def identity(self, opened: Opened) -> dict[str, Any]:
        """The images' fingerprint knows nothing of boxes, which may come later or change."""
        boxes = opened.split(self.split).boxes
        objects = hashlib.sha256(b"" if boxes is None else boxes.tobytes()).hexdigest()
        return super().identity(opened) | {"objects": objects}

    def compute(self, opened: Opened, progress: Progress) -> Localisation:
        [method] = self.methods
        return localise(
            opened.network,
            opened.split(self.split),
            opened.run.preprocess,
            method,
            images=self.images,
            progress=progress,
        )

    def show(
        self, opened: Opened, answer: tuple[Localisation, ...], look: LocalisationLook
    ) -> LocalisationShown:
        split, images = opened.split(self.split), answer[0].image.tolist()
        return LocalisationShown(
            look,
            opened.run.classes,
            answer,
            np.asarray(split.labels)[images],
            tuple(split.names[index] for index in images),
            usable(opened.plan)[1],
        )


@dataclass(frozen=True)
class LocalisationShown:
    """How some methods do on the same N images."""

    look: LocalisationLook
    classes: tuple[str, ...]
    found: tuple[Localisation, ...]  # one a method
    labels: np.ndarray  # (N,) int64 of the images
    names: tuple[str, ...]  # of the images' files
    left_out: tuple[str, ...] = ()  # a sentence for each method that the network does not allow

    def arrays(self) -> Arrays:
        """Of each method by name, and which images these are."""
        return as_arrays(self.found) | {
            "label": self.labels,
            "file_name": np.array(self.names),
            "class_name": np.array(self.classes),
        }

    def words(self) -> str:
        """The table, and which methods have no map."""
        return "\n".join([table(self.found), *self.left_out])


VIEW = LocalisationQuery
