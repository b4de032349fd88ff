"""The question when channels learned what they see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, Self

import numpy as np

from training.progress import Progress, part_of
from training.runs import Run
from viz.evolution.compute import Evolution, from_columns, spread
from viz.network.choices import channel_count, check_channels, check_layers
from viz.network.layers import deepest
from viz.store.cache import Arrays, to_arrays
from viz.store.lend import Opened, plan_of
from viz.store.query import Look, Query
from viz.top_patches.gallery import gallery_of
from viz.top_patches.query import TopPatchesQuery

CHANNELS = 8  # of a figure


@dataclass(frozen=True)
class EvolutionLook(Look):
    """There is nothing to choose in an evolution: all of it is drawn."""


@dataclass(frozen=True)
class EvolutionQuery(Query[Evolution]):
    """When channels learn: the strongest patch and its projection at several epochs.

    What is mined at each epoch is cached as top patches, so that other channels cost little.

    .npz holds, for E epochs and C channels: score, image, row, col (E, C), the activation, the
    index into the images, and the unit in the feature map; patch and projection (E, C, 3, s, s),
    colours in [0, 1] and signed; epoch (E), channel (C). Also label (E, C) of the images,
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
    version: ClassVar[int] = 2  # 2: projections of reflecting convolutions are whole
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

    def compute(self, opened: Opened, progress: Progress) -> Evolution:
        """Mine each epoch, unless that is cached, and cut what the chosen channels saw."""
        columns, images = [], len(opened.split(self.split).labels)
        for number, epoch in enumerate(self.epochs):
            there, report = opened.at(epoch), part_of(progress, number, len(self.epochs))
            mining = TopPatchesQuery(self.run, epoch, (self.name,), split=self.split)
            best = there.ask(mining, progress=report)[self.name].best(1)
            pictures = gallery_of(there, self.name, best, self.channels, self.split)
            columns.append((epoch, best, pictures))
            report(images, images)  # also where it was mined before
        return from_columns(self.name, self.channels, columns)

    def show(self, opened: Opened, answer: Evolution, look: EvolutionLook) -> EvolutionShown:
        labels = opened.split(self.split).labels[answer.image.numpy()]
        label = np.where(answer.image < 0, -1, labels)
        return EvolutionShown(look, answer, label, opened.data().classes)


@dataclass(frozen=True)
class EvolutionShown:
    """Some channels of a layer, epoch after epoch."""

    look: EvolutionLook
    evolution: Evolution
    label: np.ndarray  # (E, C) int64, class of each image; -1 where there is none
    classes: tuple[str, ...]  # of the data set

    def arrays(self) -> Arrays:
        """What excites the channels at each epoch."""
        more = {"label": self.label, "class_name": np.array(self.classes)}
        return to_arrays(self.evolution) | more


VIEW = EvolutionQuery
