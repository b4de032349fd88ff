"""The question whether a network knows a part again, of marked parts or of objects."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from torch import Tensor

from training.errors import WorkbenchError
from training.progress import Progress
from viz.correspondence.compute import (
    DRAWS,
    Correspondence,
    correspondence,
    default_layers,
    hidden_pictures,
)
from viz.network.choices import check_layers
from viz.network.objects import known, object_masks
from viz.network.parts import Parts, object_parts, parts_of, read_boxes
from viz.store.cache import Arrays, to_arrays
from viz.store.lend import Opened, is_number
from viz.store.query import ImageSource, Look, Query

OBJECT, SHOWN = "object", 5  # as many pictures as in the paper


@dataclass(frozen=True)
class CorrespondenceLook(Look):
    """All layers and parts are shown."""


@dataclass(frozen=True)
class CorrespondenceQuery(Query[Correspondence]):
    """Whether hiding the same part changes the features of all pictures in the same way.

    The table of parts has the columns image,part,left,top,right,bottom: the number of a validation
    image or the path of a picture from the table's folder, and a box in pixels of the picture as
    the network sees it, scaled and cropped; right and bottom are exclusive.

    .npz holds, for L layers, P parts and W ways of hiding (the part, random masks, one mask for
    all): difference, deviation and changed (L, P, W), draws (L, P, W - 1, R), overlap (P, W - 1),
    images (P), and the names parts and layers. Also picture_name (N) and mask (P, N, H, W), where
    each part is in each of the N pictures.
    """

    table: str = OBJECT
    """A CSV file, or "object" for the objects and their halves where the data set knows them."""
    images: tuple[ImageSource, ...] = ()
    """Numbers of validation images with commas between, for "object"; the first five of the first
    class if not given."""
    layers: tuple[str, ...] = ()
    """Names with commas between; the last maps and the last hidden layer if not given."""
    draws: int = DRAWS
    """Random masks drawn of each kind."""
    seed: int = 0
    """Of the random masks."""

    view: ClassVar[str] = "correspondence"
    version: ClassVar[int] = 2  # 2: asked for as an object
    answer_type: ClassVar[type] = Correspondence
    look: ClassVar[type[Look]] = CorrespondenceLook
    message: ClassVar[str] = "Hiding the parts"
    as_flags: ClassVar[dict[str, str]] = {"table": "parts"}
    in_address: ClassVar[dict[str, str]] = {"table": "parts"}

    def resolved(self, opened: Opened) -> Self:
        plan, layers = opened.plan, self.layers
        if layers == ("all",):
            layers = tuple(plan.convolutions)
        check_layers(layers, plan)
        query = replace(
            self,
            epoch=opened.epoch,
            layers=layers or tuple(default_layers(plan)),
            images=self._images(opened),
        )
        query.marked(opened)  # or it is refused before anything is computed
        return query

    def _images(self, opened: Opened) -> tuple[ImageSource, ...]:
        if self.table != OBJECT:
            if self.images:
                raise WorkbenchError(
                    f"--images goes with --parts {OBJECT}: a table names its images."
                )
            return ()
        for image in self.images:
            if not is_number(image):
                raise WorkbenchError(
                    f"--images takes numbers with commas between, like 3,17; got {image!r}."
                )
            opened.picture(image)
        if self.images:
            return self.images
        labels = opened.split("val").labels
        first = np.flatnonzero(labels == labels.min())[:SHOWN]
        return tuple(ImageSource(str(index)) for index in first.tolist())

    def marked(self, opened: Opened) -> Parts:
        """What is hidden in which pictures, paths as they can be opened.

        Raises:
            WorkbenchError: If there is no such table, or the data set does not know its objects.
        """
        if self.table == OBJECT:
            return parts_of_objects(opened, [int(image) for image in self.images])
        path, side = Path(self.table), opened.run.preprocess.size
        try:
            content = path.read_bytes()
        except OSError as error:
            raise WorkbenchError(
                f"Cannot read the table of parts {path}: {error.strerror}. Give a CSV file, or "
                f"{OBJECT!r}."
            ) from error
        found = parts_of(read_boxes(content, side, name=path.name), side)
        sources = [
            image if is_number(image) else str(path.parent / image) for image in found.images
        ]
        return Parts(tuple(sources), found.masks)

    def identity(self, opened: Opened) -> dict[str, Any]:
        """A table counts by what it marks, wherever it lies."""
        marked = self.marked(opened)
        settings = {
            "images": [opened.image_digest(image) for image in marked.images],
            "table": [
                [name, hashlib.sha256(masks.tobytes()).hexdigest()]
                for name, masks in marked.masks.items()
            ],
        }
        whole = super().identity(opened)
        return whole | {"settings": whole["settings"] | settings}

    def said(self, opened: Opened) -> dict[str, Any]:
        """A table by its name: where it lies is nobody else's business."""
        images = [opened.image_seen(image) for image in self.marked(opened).images]
        return {"table": Path(self.table).name, "images": images}

    def compute(self, opened: Opened, progress: Progress) -> Correspondence:
        marked = self.marked(opened)
        return correspondence(
            opened.network,
            torch.stack([opened.pixels(image) for image in marked.images]),
            {name: torch.from_numpy(masks) for name, masks in marked.masks.items()},
            layers=self.layers,
            draws=self.draws,
            generator=torch.Generator().manual_seed(self.seed),
            progress=progress,
        )

    def show(
        self, opened: Opened, answer: Correspondence, look: CorrespondenceLook
    ) -> CorrespondenceShown:
        marked = self.marked(opened)
        pictures = [opened.picture(image) for image in marked.images]
        hidden = hidden_pictures(
            opened.run.preprocess,
            [picture.image for picture in pictures],
            marked.masks,
            seed=self.seed,
        )
        names = tuple(picture.name for picture in pictures)
        return CorrespondenceShown(look, answer, tuple(hidden), names, marked.masks)


def parts_of_objects(opened: Opened, images: Sequence[int]) -> Parts:
    """The objects of some validation images and their halves, as the network sees them.

    Raises:
        WorkbenchError: If the data set does not know where the objects are.
    """
    val = opened.split("val")
    if not len(known(val)):
        raise WorkbenchError(
            f"{opened.run.data_name} does not say where the objects are. Mark parts in a table "
            "instead: --parts parts.csv with columns image,part,left,top,right,bottom."
        )
    masks = object_masks(val, opened.run.preprocess, np.array(images))
    return Parts(tuple(map(str, images)), object_parts(masks))


@dataclass(frozen=True)
class CorrespondenceShown:
    """The numbers, and what was hidden in each of N pictures."""

    look: CorrespondenceLook
    found: Correspondence
    rows: tuple[tuple[str, Tensor], ...]  # name and pictures (N, 3, H, W) in [0, 1]
    names: tuple[str, ...]  # of the pictures
    masks: dict[str, np.ndarray]  # (N, H, W) bool by the part's name

    def arrays(self) -> Arrays:
        """All numbers by name, and where each part is in which picture."""
        return to_arrays(self.found) | {
            "picture_name": np.array(self.names),
            "mask": np.stack([self.masks[part] for part in self.found.parts]),
        }


VIEW = CorrespondenceQuery
