"""The question whether a channel, a concept or a random direction of a layer is readable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import ClassVar, Literal, Self

import numpy as np
import torch
from torch import nn

from training.models import Network
from training.progress import Progress
from viz.directions.compute import (
    ALONG,
    DirectionKind,
    Directions,
    along,
    channel_directions,
    concept_directions,
    random_directions,
    responses_of,
)
from viz.network.choices import channel_count, check_layers
from viz.network.images import SplitImages
from viz.network.layers import deepest, kind_of
from viz.store.cache import Arrays, to_arrays
from viz.store.lend import Opened
from viz.store.query import Look, Query, require_positive
from viz.top_patches.compute import TopPatches, mine
from viz.top_patches.gallery import Gallery, gallery


@dataclass(frozen=True)
class DirectionsLook(Look):
    """Nothing is chosen afterwards."""


@dataclass(frozen=True)
class DirectionsQuery(Query[Directions]):
    """What excites a layer along channels, concepts or random directions.

    Szegedy et al. 2014 (section 3) claim that a random direction of a layer is as readable as a
    unit. Concepts are what the layer's responses add up from, by non-negative factorisation.

    .npz holds: direction (K, C); score, image, row, col (K, 9), best first, as top-patches; label
    (K, 9), class_name, layer and kind.
    """

    layer: str | None = None
    """Whose directions; the last convolution's, rectified, if not given."""
    kind: DirectionKind = "random"
    """channel, concept or random."""
    count: int = 8
    """How many."""
    seed: int = 0
    """Decides which."""
    split: Literal["val", "train"] = "val"
    """Images to search: val or train."""

    view: ClassVar[str] = "directions"
    answer_type: ClassVar[type] = Directions
    on_data: ClassVar[bool] = True
    look: ClassVar[type[Look]] = DirectionsLook
    message: ClassVar[str] = "Mining directions"

    def __post_init__(self) -> None:
        require_positive(count=self.count)

    def resolved(self, opened: Opened) -> Self:
        layer = self.layer or rectified(opened.plan)
        check_layers([layer], opened.plan)
        count = min(self.count, channel_count(opened.plan, layer))
        return replace(self, epoch=opened.epoch, layer=layer, count=count)

    def compute(self, opened: Opened, progress: Progress) -> Directions:
        assert self.layer is not None
        images = SplitImages(opened.split(self.split), opened.run.preprocess)
        channels = channel_count(opened.plan, self.layer)
        if self.kind == "concept":
            seen = responses_of(opened.network, images, self.layer, self.seed)
            direction = concept_directions(seen, self.count, self.seed)
        elif self.kind == "channel":
            order = torch.randperm(channels, generator=torch.Generator().manual_seed(self.seed))
            direction = channel_directions(order[: self.count].tolist(), channels)
        else:
            direction = random_directions(channels, self.count, self.seed)
        top = mine(along(opened.network, self.layer, direction), images, [ALONG], progress=progress)
        found = top[ALONG]
        return Directions(direction, found.score, found.image, found.row, found.col)

    def show(self, opened: Opened, answer: Directions, look: DirectionsLook) -> DirectionsShown:
        assert self.layer is not None
        split = opened.split(self.split)
        label = np.where(answer.image < 0, -1, split.labels[answer.image.numpy()])

        def pictures() -> Gallery:
            network = along(opened.network, self.layer or "", answer.direction)
            images = SplitImages(split, opened.run.preprocess)
            every = torch.arange(len(answer.direction))
            picture = opened.run.preprocess.picture
            return gallery(network, images, ALONG, top_of(answer), every, picture=picture)

        return DirectionsShown(look, self, answer, label, opened.data().classes, cache(pictures))


def top_of(found: Directions) -> TopPatches:
    """As of channels."""
    return TopPatches(found.score, found.image, found.row, found.col)


def rectified(network: Network) -> str:
    """The last convolution's output after its activation function, where one follows it."""
    layer = deepest(network)
    after = [name for name, sources in network.inputs.items() if sources == (layer,)]
    following = [name for name in after if kind_of(network.layers[name]) == "activation"]
    if not following and after and isinstance(network.layers[after[0]], nn.BatchNorm2d):
        inner = [name for name, sources in network.inputs.items() if sources == (after[0],)]
        following = [name for name in inner if kind_of(network.layers[name]) == "activation"]
    return following[0] if following else layer


@dataclass(frozen=True)
class DirectionsShown:
    """The nine patches of each direction, beside their projections."""

    look: DirectionsLook
    asked: DirectionsQuery
    found: Directions
    label: np.ndarray  # (K, k) int64, class of each image; -1 where there is none
    classes: tuple[str, ...]
    pictures: Callable[[], Gallery]

    def arrays(self) -> Arrays:
        """The directions, and what was mined along them."""
        return to_arrays(self.found) | {
            "label": self.label,
            "class_name": np.array(self.classes),
            "layer": np.array(self.asked.layer),
            "kind": np.array(self.asked.kind),
        }


VIEW = DirectionsQuery
