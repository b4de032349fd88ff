"""The question what an image does to each channel of a layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
from torch import Tensor

from training.progress import Progress
from training.runs import Run
from viz.feature_maps.compute import FeatureMaps, feature_maps
from viz.network.layers import maps_to_watch
from viz.store.cache import Arrays
from viz.store.lend import Opened, plan_of
from viz.store.query import FIRST_IMAGE, ImageSource, Look, Query


@dataclass(frozen=True)
class FeatureMapsQuery(Query[FeatureMaps]):
    """What an image does to each channel of a layer.

    .npz holds: maps (C, h, w), activations, order (C), the channel with the largest total first,
    and layer. Compared with another run: also second (C, h, w) and second_order and, where both
    have as many maps of one size, difference, which is second − maps.
    """

    image: ImageSource = FIRST_IMAGE
    """A picture file, or the number of a validation image; photo.jpg@0 is its left or upper
    square, @100 the right or lower one."""
    layer: str | None = None
    """Any layer; the last maps before the classifier if not given."""

    view: ClassVar[str] = "feature-maps"
    answer_type: ClassVar[type] = FeatureMaps
    cached: ClassVar[bool] = False
    message: ClassVar[str] = "Computing the maps"

    def fitted(self, runs: Sequence[Run]) -> Self:
        """One layer for all of them."""
        return replace(self, layer=self.layer or maps_to_watch(plan_of(runs[0])))

    def resolved(self, opened: Opened) -> Self:
        query = replace(self.fitted([opened.run]), epoch=opened.epoch)
        assert query.layer is not None
        opened.plan.require_layer(query.layer)
        return query

    def compute(self, opened: Opened, progress: Progress) -> FeatureMaps:
        del progress
        assert self.layer is not None
        return feature_maps(opened.network, opened.pixels(self.image), self.layer)

    def show(self, opened: Opened, answer: FeatureMaps, look: Look) -> FeatureMapsShown:
        picture = opened.run.preprocess.picture(opened.pixels(self.image))
        return FeatureMapsShown(look, picture, answer)


@dataclass(frozen=True)
class FeatureMapsShown:
    """The image, and what a layer makes of it."""

    look: Look
    picture: Tensor  # what the network sees, (3, H, W) in [0, 1]
    maps: FeatureMaps

    def arrays(self) -> Arrays:
        """The maps in the order of the channels' numbers, and the order in which they are drawn."""
        return {
            "maps": self.maps.maps.numpy(),
            "order": self.maps.order.numpy(),
            "layer": np.array(self.maps.layer),
        }


VIEW = FeatureMapsQuery
