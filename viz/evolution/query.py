"""The question when channels learned what they see."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, ClassVar, Literal, Self

import numpy as np
import torch
from torch import Tensor, nn

from training.progress import Progress, part_of
from training.runs import Run
from viz.evolution.compute import Column, Evolution, column, from_columns, spread
from viz.evolution.learning import Motion, motion, without_weights
from viz.network.choices import channel_count, check_channels, check_layers
from viz.network.images import SplitImages
from viz.network.layers import deepest
from viz.network.weights import healed
from viz.store.cache import Arrays, to_arrays
from viz.store.lend import Opened, plan_of
from viz.store.query import Look, Query
from viz.top_patches.compute import TopPatches
from viz.top_patches.gallery import gallery_of
from viz.top_patches.query import TopPatchesQuery

CHANNELS = 8  # of a figure


@dataclass(frozen=True)
class ColumnQuery(Query[Column]):
    """One epoch of an evolution, cached for itself: a run may grow and a job may stop."""

    layer: str = ""
    """Whose channels."""
    channels: tuple[int, ...] = ()
    """Those that are drawn."""
    split: Literal["val", "train"] = "val"
    """Images to search."""

    view: ClassVar[str] = "evolution-column"
    version: ClassVar[int] = 2  # 2: the signal passes the cap of a ReLU6
    answer_type: ClassVar[type] = Column
    on_data: ClassVar[bool] = True

    def checkpoints(self, opened: Opened) -> list[str]:
        assert self.epoch is not None
        return [opened.run.digest(self.epoch)]

    def mined(self, opened: Opened, **how: Any) -> TopPatches:
        """The strongest patches of all channels at this epoch; found anew where not cached."""
        mining = TopPatchesQuery(self.run, self.epoch, (self.layer,), split=self.split)
        found: TopPatches = opened.ask(mining, **how)[self.layer]
        return found

    def compute(self, opened: Opened, progress: Progress) -> Column:
        """Mine, unless that is cached, and cut what the chosen channels saw."""
        assert self.epoch is not None
        there = opened.at(self.epoch)
        top = self.mined(there, progress=progress)
        images = SplitImages(there.split(self.split), there.run.preprocess)
        picture = there.run.preprocess.picture
        found = column(there.network, images, self.layer, self.channels, top, picture=picture)
        progress(len(images), len(images))  # also where it was mined before
        return found


@dataclass(frozen=True)
class MotionQuery(Query[Motion]):
    """How the weights of a layer came to be what they are."""

    layer: str = ""
    """Whose."""
    epochs: tuple[int, ...] = ()
    """In ascending order."""

    view: ClassVar[str] = "evolution-motion"
    answer_type: ClassVar[type] = Motion

    def checkpoints(self, opened: Opened) -> list[str]:
        return [opened.run.digest(epoch) for epoch in self.epochs]

    def compute(self, opened: Opened, _progress: Progress) -> Motion:
        if not isinstance(opened.plan.layers[self.layer], nn.Conv2d | nn.Linear):
            return without_weights(self.epochs)
        name = f"{self.layer}.weight"
        return motion(lambda epoch: healed(opened.run.weight(epoch, name)), self.epochs)


@dataclass(frozen=True)
class EvolutionLook(Look):
    """There is nothing to choose in an evolution: all of it is drawn."""


@dataclass(frozen=True)
class EvolutionQuery(Query[Evolution]):
    """When channels learn: the strongest patch and its projection at several epochs.

    Each epoch is cached for itself, and what is mined there as top patches, so that other channels
    cost little.

    .npz holds, for E epochs, C channels and all N channels of the layer: score, image, row, col
    (E, C), the activation, the index into the images, and the unit in the feature map; patch and
    projection (E, C, 3, s, s), colours in [0, 1] and signed; epoch (E), channel (C); response
    (E, N), the mean activation over nine images; cosine (E, N) of the weights to those of the last
    epoch and distance (N) from the first to the last over the first one's length; learnt (N), the
    epoch from which response and direction stay, -1 for none. Also label (E, C) of the images,
    class_name and layer.
    """

    layer: str | None = None
    """The last convolution if not given."""
    channels: tuple[int, ...] = ()
    """Numbers, with commas between; the first eight if not given."""
    epochs: tuple[int, ...] = ()
    """Numbers, with commas between; up to eight, evenly spread, if not given."""
    split: Literal["val", "train"] = "val"
    """Images to search: val or train."""

    view: ClassVar[str] = "evolution"
    version: ClassVar[int] = 3  # 2: projections of reflecting convolutions are whole; 3: in parts
    answer_type: ClassVar[type] = Evolution
    on_data: ClassVar[bool] = True
    look: ClassVar[type[Look]] = EvolutionLook
    message: ClassVar[str] = "Following channels"

    def fitted(self, runs: Sequence[Run]) -> Self:
        """The first one's layer, which all of them must have."""
        plans = [plan_of(run) for run in runs]
        layer = self.layer or deepest(plans[0])
        for plan in plans:
            check_layers([layer], plan)
        return replace(self, layer=layer)

    def resolved(self, opened: Opened) -> Self:
        """It is of no one epoch: the epochs say which."""
        fitted = self.fitted([opened.run])
        check_channels(self.channels, opened.plan, fitted.name)
        first = range(min(CHANNELS, channel_count(opened.plan, fitted.name)))
        return replace(
            fitted,
            epoch=None,
            channels=self.channels or tuple(first),
            epochs=opened.run.sound(self.over(opened)).epochs,
        )

    def over(self, opened: Opened, _look: Any = None) -> Sequence[int]:
        return self.epochs or spread(opened.run.epochs)

    @property
    def name(self) -> str:
        """The layer of a resolved question."""
        assert self.layer is not None
        return self.layer

    def checkpoints(self, opened: Opened) -> list[str]:
        return [opened.run.digest(epoch) for epoch in self.epochs]

    @property
    def columns(self) -> list[ColumnQuery]:
        """A question for each epoch."""
        of = {"layer": self.name, "channels": self.channels, "split": self.split}
        return [ColumnQuery(self.run, epoch, **of) for epoch in self.epochs]  # type: ignore[arg-type]

    def parts(self) -> list[Query[Any]]:
        return [MotionQuery(self.run, layer=self.name, epochs=self.epochs), *self.columns]

    def join(self, answers: Sequence[Any]) -> Evolution:
        """The epochs known so far, the first ones, side by side."""
        moved, *found = answers
        epochs = self.epochs[: len(found)]
        return from_columns(self.name, epochs, self.channels, found, moved.until(len(found)))

    def work(
        self, opened: Opened, missing: Sequence[Query[Any]], progress: Progress
    ) -> Iterator[tuple[Query[Any], Any]]:
        """Weights are read in no time; what takes long is counted in images."""
        columns = [part for part in missing if isinstance(part, ColumnQuery)]
        for part in missing:
            if part not in columns:
                yield part, part.compute(opened, progress)
        for number, part in enumerate(columns):
            yield part, part.compute(opened, part_of(progress, number, len(columns)))

    def show(self, opened: Opened, answer: Evolution, look: EvolutionLook) -> EvolutionShown:
        labels = opened.split(self.split).labels[answer.image.numpy()]
        label = np.where(answer.image < 0, -1, labels)
        pictures = cache(lambda: self._pictures(opened))
        return EvolutionShown(look, answer, label, opened.data().classes, pictures)

    def _pictures(self, opened: Opened) -> tuple[Tensor, Tensor]:
        """Patches and projections in all their pixels, (E, C, 3, s, s) each."""
        found = []
        for part in self.columns:
            assert part.epoch is not None
            there = opened.at(part.epoch)
            best = part.mined(there).best(1)
            found.append(gallery_of(there, self.name, best, self.channels, self.split))
        patches = torch.stack([each.patch[:, 0] for each in found])
        return patches, torch.stack([each.projection[:, 0] for each in found])


@dataclass(frozen=True)
class EvolutionShown:
    """Some channels of a layer, epoch after epoch."""

    look: EvolutionLook
    evolution: Evolution
    label: np.ndarray  # (E, C) int64, class of each image; -1 where there is none
    classes: tuple[str, ...]  # of the data set
    pictures: Callable[[], tuple[Tensor, Tensor]]  # whole; worked out anew where they are wanted

    def arrays(self) -> Arrays:
        """What excites the channels at each epoch, and when all of the layer's learnt it."""
        found = self.evolution
        patch, projection = self.pictures()
        whole = {"patch": patch.numpy(), "projection": projection.numpy()}
        names = ("epoch", "channel", "score", "image", "row", "col", "response")
        known = {name: getattr(found, name).numpy() for name in names}
        when = np.array([-1 if each is None else each for each in found.learnt])
        more = {"label": self.label, "class_name": np.array(self.classes)}
        layer = {"layer": np.array(found.layer), "learnt": when}
        return known | to_arrays(found.motion) | whole | layer | more


VIEW = EvolutionQuery
