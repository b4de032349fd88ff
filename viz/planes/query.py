"""The question which channels below the filters of a deeper layer add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from torch import nn

from training.errors import WorkbenchError
from training.progress import Progress
from viz.network.choices import channel_count, check_channels
from viz.network.weights import full_colour
from viz.planes.compute import Planes, below, heaviest_planes, with_planes
from viz.store.cache import Arrays
from viz.store.lend import Opened
from viz.store.query import Look, Query

SHOWN = 16


@dataclass(frozen=True)
class PlanesQuery(Query[Planes]):
    """Filters of a deeper layer: which channels below they add up, and how.

    One scale holds for all epochs. .npz holds: planes (C, P, h, w), the weights, heaviest first,
    channel (C), source (C, P), the channels below, share (C, P) of the filter's energy, layer,
    below, the name of the layer below, and high, the largest weight of the layer in all epochs.
    """

    layer: str | None = None
    """A convolution; the second one if not given."""
    channels: tuple[int, ...] = ()
    """Numbers with commas between; the first sixteen if not given."""
    count: int = 12
    """Planes of each filter, at most."""

    view: ClassVar[str] = "planes"
    answer_type: ClassVar[type] = Planes
    cached: ClassVar[bool] = False
    message: ClassVar[str] = "Reading the filters"

    def resolved(self, opened: Opened) -> Self:
        """Names layer and channels.

        Raises:
            WorkbenchError: If there is no such layer or channel, or the layer is no convolution.
        """
        plan = opened.plan
        layer = self.layer or next(iter(with_planes(plan)), None)
        if layer is None:
            raise WorkbenchError(
                f"{opened.run.name} has no convolution above the first, so there are no planes. "
                "Look at its filters instead."
            )
        if not isinstance(plan.require_layer(layer), nn.Conv2d):
            raise WorkbenchError(
                f"{layer} has no filters to draw. Choose one of: {', '.join(with_planes(plan))}."
            )
        check_channels(self.channels, plan, layer)
        first = range(min(SHOWN, channel_count(plan, layer)))
        channels = self.channels or tuple(first)
        return replace(self, epoch=opened.epoch, layer=layer, channels=channels)

    def compute(self, opened: Opened, _progress: Progress) -> Planes:
        assert self.layer
        convolution = opened.plan.layers[self.layer]
        assert isinstance(convolution, nn.Conv2d)
        weight = opened.run.weight(opened.epoch, f"{self.layer}.weight")
        groups = convolution.groups
        return heaviest_planes(weight, self.channels, count=self.count, groups=groups)

    def over(self, opened: Opened, _look: Any = None) -> Sequence[int]:
        """For the scale."""
        return opened.run.epochs

    def show(self, opened: Opened, answer: Planes, look: Look) -> PlanesShown:
        assert self.layer
        high, under = full_colour(opened.run, self.layer), below(opened.plan, self.layer)
        return PlanesShown(look, opened.run.name, opened.epoch, self.layer, answer, high, under)


@dataclass(frozen=True)
class PlanesShown:
    """The heaviest planes of some filters."""

    look: Look
    run: str
    epoch: int
    layer: str
    planes: Planes
    high: float  # the largest weight of the layer over all epochs, in full colour
    below: str  # the layer whose channels the planes look at

    def arrays(self) -> Arrays:
        """Weights, where they come from, and what they weigh."""
        found = self.planes
        return {
            "layer": np.array(self.layer),
            "below": np.array(self.below),
            "planes": found.planes.numpy(),
            "channel": found.channel.numpy(),
            "source": found.source.numpy(),
            "share": found.share.numpy(),
            "high": np.array(self.high),
        }


VIEW = PlanesQuery
