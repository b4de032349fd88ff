"""The question which unit of each layer an image excites most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, Self

from torch import Tensor

from training.progress import Progress
from viz.store.cache import Arrays
from viz.store.lend import Opened
from viz.store.query import FIRST_IMAGE, ImageSource, Look, Query
from viz.strongest.compute import (
    Strongest,
    as_arrays,
    as_units,
    convolutions_on_the_way,
    strongest,
)
from viz.top_patches.query import TopPatchesQuery

Measure = Literal["activation", "share"]


@dataclass(frozen=True)
class StrongestQuery(Query[list[Strongest]]):
    """In each layer the unit that an image excites most, what it sees, and its projection.

    The answer is the same whatever is cached. .npz holds: layer, channel, row, col, activation,
    share (L), first layer first; share is NaN where activations are compared. Also of each layer,
    such as conv1, patch_conv1 (3, s, s), colours in [0, 1], and projection_conv1 (3, s, s), signed.
    """

    image: ImageSource = FIRST_IMAGE
    """A picture file, or the number of a validation image; photo.jpg@0 is its left or upper
    square, @100 the right or lower one."""
    measure: Measure = "activation"
    """By what a unit is the strongest of its layer: activation; or share, which is its activation
    by the strongest one of its channel in any validation image. The top patches of the layers are
    mined for that where they are not cached (`top-patches --layer all`)."""

    view: ClassVar[str] = "strongest"
    version: ClassVar[int] = 3  # 2: reflecting convolutions; 3: the cap of a ReLU6
    answer_type: ClassVar[type] = list
    on_data: ClassVar[bool] = True  # of shares, the only answers that are cached
    message: ClassVar[str] = "Looking for the strongest units"

    @property
    def cached(self) -> bool:  # type: ignore[override]
        """Shares need a pass over all validation images; activations are quicker computed."""
        return self.measure == "share"

    def resolved(self, opened: Opened) -> Self:
        return replace(self, epoch=opened.epoch)

    def compute(self, opened: Opened, progress: Progress) -> list[Strongest]:
        network = opened.network
        layers = convolutions_on_the_way(network)
        usual = highest(opened, layers, progress) if self.measure == "share" else None
        picture = opened.run.preprocess.picture
        return strongest(network, opened.pixels(self.image), layers, usual, picture=picture)

    def encode(self, answer: list[Strongest]) -> Arrays:
        return as_arrays(answer)

    def decode(self, arrays: Arrays) -> list[Strongest]:
        return as_units(arrays)

    def show(self, opened: Opened, answer: list[Strongest], look: Look) -> StrongestShown:
        del opened
        return StrongestShown(look, tuple(answer), self.measure)


def highest(opened: Opened, layers: list[str], progress: Progress) -> Mapping[str, Tensor]:
    """(C,) the strongest response of each channel to any validation image, by layer."""
    query = TopPatchesQuery(str(opened.run.path), opened.epoch, tuple(layers))
    found = opened.ask(query, progress=progress)
    return {layer: top.score[:, 0] for layer, top in found.items()}


@dataclass(frozen=True)
class StrongestShown:
    """A column for each layer: what its unit sees, and its projection."""

    look: Look
    units: tuple[Strongest, ...]
    measure: Measure = "activation"

    def arrays(self) -> Arrays:
        """Of all layers, and the pictures of each."""
        return as_arrays(self.units)


VIEW = StrongestQuery
