"""The question what looks alike to the network: features of all images, and the nearest ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, Self

import numpy as np
from torch import Tensor

from training.errors import WorkbenchError
from training.progress import Progress
from viz.network.images import SplitImages
from viz.network.layers import last_hidden
from viz.retrieval.compute import Neighbours, features, nearest
from viz.store.cache import Arrays
from viz.store.lend import Opened, is_number
from viz.store.query import FIRST_IMAGE, ImageSource, Look, Query, require_positive

SplitName = Literal["val", "train"]


@dataclass(frozen=True)
class Features:
    """What a layer makes of each of N images."""

    features: Tensor  # (N, D)


@dataclass(frozen=True)
class FeaturesQuery(Query[Features]):
    """What a layer makes of every image of a split, whatever image is looked for."""

    layer: str = "fc7"
    """Whose outputs are the features."""
    split: SplitName = "val"
    """Images to describe."""

    view: ClassVar[str] = "features"
    answer_type: ClassVar[type] = Features
    on_data: ClassVar[bool] = True
    message: ClassVar[str] = "Computing features"

    def compute(self, opened: Opened, progress: Progress) -> Features:
        images = SplitImages(opened.split(self.split, progress), opened.run.preprocess)
        return Features(features(opened.network, images, self.layer, progress=progress))


@dataclass(frozen=True)
class RetrievalQuery(Query[Tensor]):
    """The images that look most alike to the network.

    The answer is (N, D), what the layer makes of all N images; it is cached in the run and serves
    every image looked for. An image of the split itself is not counted among its own neighbours.
    .npz holds: image, distance, label (k), nearest first, file_name (k) in the data set,
    class_name (K), names of the classes that labels count, and layer.
    """

    image: ImageSource = FIRST_IMAGE
    """A picture file, or the number of a validation image; photo.jpg@0 is its left or upper
    square, @100 the right or lower one."""
    k: int = 12
    """Neighbours wanted."""
    layer: str | None = None
    """Whose features are compared; the last hidden one, such as fc7, if not given."""
    split: SplitName = "val"
    """Images to search."""

    view: ClassVar[str] = "retrieval"
    answer_type: ClassVar[type] = Features
    message: ClassVar[str] = "Computing features"

    def __post_init__(self) -> None:
        require_positive(k=self.k)

    def resolved(self, opened: Opened) -> Self:
        layer = self.layer or last_hidden(opened.plan)
        opened.plan.require_layer(layer)
        opened.picture(self.image)  # refused now, not after all features are computed
        return replace(self, epoch=opened.epoch, layer=layer)

    def parts(self) -> Sequence[Query[Any]]:
        assert self.layer is not None
        return [FeaturesQuery(self.run, self.epoch, self.layer, self.split)]

    def join(self, answers: Sequence[Features]) -> Tensor:
        [found] = answers
        return found.features

    def show(self, opened: Opened, answer: Tensor, look: Look) -> RetrievalShown:
        assert self.layer is not None
        picture, data, found = opened.picture(self.image), opened.data(), opened.split(self.split)
        if not len(answer):
            raise WorkbenchError(
                f"{opened.run.name} has no {self.split} images to search. Choose another --split."
            )
        seen, preprocess = opened.pixels(self.image), opened.run.preprocess
        own = features(opened.network, seen[None], self.layer)[0]
        itself = picture.index if self.split == "val" and is_number(self.image) else None
        neighbours = without(nearest(answer, own, self.k + (itself is not None)), itself, self.k)
        indices = neighbours.image.numpy()
        return RetrievalShown(
            look,
            layer=self.layer,
            name=picture.name,
            picture=preprocess.picture(seen),
            neighbours=neighbours,
            pictures=preprocess.picture(preprocess.from_uint8(found.images[indices])),
            labels=found.labels[indices].tolist(),
            files=[found.names[index] for index in indices],
            classes=data.classes,
        )


def without(found: Neighbours, itself: int | None, k: int) -> Neighbours:
    """The k nearest, the image looked for not counted among them."""
    others = found.image != (-1 if itself is None else itself)
    return Neighbours(found.image[others][:k], found.distance[others][:k])


@dataclass(frozen=True)
class RetrievalShown:
    """An image, and its k neighbours in order."""

    look: Look
    layer: str  # whose features are compared
    name: str  # of the image looked for
    picture: Tensor  # as the network sees it, (3, H, W) in [0, 1]
    neighbours: Neighbours
    pictures: Tensor  # of the neighbours, (k, 3, H, W) in [0, 1]
    labels: Sequence[int]  # of the neighbours
    files: Sequence[str]  # names of the neighbours in the data set
    classes: tuple[str, ...]  # of the data set

    def arrays(self) -> Arrays:
        """The neighbours, and what is known of them."""
        return {
            "image": self.neighbours.image.numpy(),
            "distance": self.neighbours.distance.numpy(),
            "label": np.array(self.labels, dtype=np.int64),
            "file_name": np.array(self.files, dtype=np.str_),
            "class_name": np.array(self.classes),
            "layer": np.array(self.layer),
        }


VIEW = RetrievalQuery
