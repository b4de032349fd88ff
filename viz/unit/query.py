"""The question what a layer's channels are like, and which of them is looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, ClassVar, Literal, Self

import numpy as np

from training.errors import WorkbenchError
from training.progress import Progress, part_of
from training.runs import Run
from viz.network.choices import channel_count, check_channels, check_layers
from viz.network.images import SplitImages
from viz.network.layers import deepest
from viz.store.cache import Arrays, to_arrays
from viz.store.lend import Opened, plan_of
from viz.store.query import Look, Query
from viz.top_patches.compute import TopPatches
from viz.top_patches.gallery import Gallery, gallery_of
from viz.top_patches.query import TopPatchesQuery
from viz.unit.compute import Profiles, profiles


@dataclass(frozen=True)
class UnitLook(Look):
    """Which channel is looked at: two passes answer for all of the layer."""

    channel: int = 0
    """Which."""


@dataclass(frozen=True)
class Unit:
    """What is known of a layer's channels."""

    top: TopPatches  # (C, k)
    profiles: Profiles


@dataclass(frozen=True)
class UnitQuery(Query[Unit]):
    """All that is known of one channel: patches, projections, responses, classes.

    What is found is cached in the run, for all channels of the layer.

    .npz holds, for all of them: edge (C, B + 1) and images (C, B) of the histograms of each
    channel's strongest responses, active (C) the share of images above zero, by_class (C, K) mean
    responses, likeness (C, C) correlations of the responses. Also score, image, row, col (C, 9) of
    the strongest patches, class_name (K), layer, and channel, the one that a figure draws.
    """

    layer: str | None = None
    """The last convolution if not given."""
    split: Literal["val", "train"] = "val"
    """Images to look at: val or train."""

    view: ClassVar[str] = "unit"
    answer_type: ClassVar[type] = Profiles  # of its own part; the other one is of top patches
    on_data: ClassVar[bool] = True
    look: ClassVar[type[Look]] = UnitLook
    message: ClassVar[str] = "Computing channel statistics"

    def fitted(self, runs: Sequence[Run]) -> Self:
        """The first one's layer, which all of them must have."""
        plans = [plan_of(run) for run in runs]
        layer = self.layer or deepest(plans[0])
        for plan in plans:
            check_layers([layer], plan)
        return replace(self, layer=layer)

    def resolved(self, opened: Opened) -> Self:
        return replace(self.fitted([opened.run]), epoch=opened.epoch)

    def check(self, opened: Opened, look: UnitLook, *, drawn: bool = True) -> None:
        del drawn  # all of it is asked for one channel
        check_channels([look.channel], opened.plan, self.name)

    def look_for(self, opened: Opened, look: UnitLook) -> UnitLook:
        """The same channel.

        Raises:
            WorkbenchError: If the second network's layer does not have it.
        """
        count = channel_count(opened.plan, self.name)
        if look.channel >= count:
            raise WorkbenchError(
                f"{self.name} of {opened.run.name} has channels 0 to {count - 1}, not "
                f"{look.channel}."
            )
        return look

    @property
    def name(self) -> str:
        """The layer of a resolved question."""
        assert self.layer is not None
        return self.layer

    @property
    def mining(self) -> TopPatchesQuery:
        """What its histograms go up to, and what is drawn of it."""
        return TopPatchesQuery(self.run, self.epoch, (self.name,), split=self.split)

    def parts(self) -> list[Query[Any]]:
        return [self.mining, self]

    def join(self, answers: Sequence[Any]) -> Unit:
        return Unit(*answers)

    def work(
        self, opened: Opened, missing: Sequence[Query[Any]], progress: Progress
    ) -> Iterator[tuple[Query[Any], Any]]:
        for number, part in enumerate(missing):
            report = part_of(progress, number, len(missing))
            if part == self:
                yield self, self._profiles(opened, report)
            else:
                yield from part.work(opened, [part], report)

    def _profiles(self, opened: Opened, progress: Progress) -> Profiles:
        split = opened.split(self.split)
        return profiles(
            opened.network,
            SplitImages(split, opened.run.preprocess),
            split.labels,
            self.name,
            opened.ask(self.mining)[self.name].score[:, 0],
            num_classes=len(opened.data().classes),
            progress=progress,
        )

    def show(self, opened: Opened, answer: Unit, look: UnitLook) -> UnitShown:
        channel, top = look.channel, answer.top
        return UnitShown(
            look=look,
            epoch=opened.epoch,
            layer=self.name,
            top=top,
            profiles=answer.profiles,
            classes=opened.data().classes,
            labels=np.where(top.image < 0, -1, opened.split(self.split).labels[top.image.numpy()]),
            pictures=cache(lambda: gallery_of(opened, self.name, top, [channel], self.split)),
        )


@dataclass(frozen=True)
class UnitShown:
    """One channel of a layer."""

    look: UnitLook
    epoch: int
    layer: str
    top: TopPatches  # (C, k) of all channels of the layer
    profiles: Profiles
    classes: tuple[str, ...]  # of the data set
    labels: np.ndarray  # (C, k) int64, class of each image; -1 where there is none
    pictures: Callable[[], Gallery]  # (1, k) of the channel; made where it is drawn

    def arrays(self) -> Arrays:
        """Of all channels of the layer."""
        return {
            **to_arrays(self.profiles),
            **to_arrays(self.top),
            "class_name": np.array(self.classes),
            "layer": np.array(self.layer),
            "channel": np.array(self.look.channel),
        }


VIEW = UnitQuery
