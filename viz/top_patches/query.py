"""The question what excites each channel most, and which channels are looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Any, ClassVar, Literal, Self

import numpy as np
import torch

from training.errors import WorkbenchError
from training.progress import Progress
from training.runs import Run
from viz.network.choices import channel_count, check_channels, check_layers
from viz.network.images import BATCH_SIZE, SplitImages
from viz.network.layers import deepest
from viz.store.answer import forget_state, resume
from viz.store.cache import Arrays, to_arrays
from viz.store.lend import Opened, plan_of
from viz.store.query import Look, Query, Resumable, require_positive
from viz.top_patches.compute import MiningState, TopPatches, scan
from viz.top_patches.gallery import Gallery, gallery_of, small_tiles

ALL = "all"  # instead of names of layers: all convolutions
CHANNELS, PAIRED = 16, 8  # of a figure, of one or of two networks


@dataclass(frozen=True)
class TopPatchesLook(Look):
    """Which channels are drawn: one pass answers for all of them."""

    channels: tuple[int, ...] = ()
    """Numbers, with commas between, of channels to draw; those with the strongest response if not
    given."""
    count: int = CHANNELS
    """How many channels to draw where none are named; at most eight of two networks."""


@dataclass(frozen=True)
class TopPatchesQuery(Resumable[dict[str, TopPatches]]):
    """The nine images that excite each channel most, and where.

    What is found is cached in the run, each layer for itself; a pass that was interrupted goes on
    where it stopped.

    .npz holds: score, image, row, col (C, 9), best first; the activation, the index into the
    images, and the unit in the feature map, -inf and -1 where there is no further image. Also
    label (C, 9) of the images, class_name, layer, and channel, those that a figure draws. Compared
    with another run also second_score and so on.
    """

    layer: tuple[str, ...] = ()
    """One, several with commas between, or "all" convolutions, which one pass serves; the last
    convolution if not given. A file holds one layer."""
    k: int = 9
    """Images for each channel."""
    split: Literal["val", "train"] = "val"
    """Images to search: val or train."""

    view: ClassVar[str] = "top-patches"
    answer_type: ClassVar[type] = TopPatches
    on_data: ClassVar[bool] = True
    look: ClassVar[type[Look]] = TopPatchesLook
    message: ClassVar[str] = "Mining patches"

    def __post_init__(self) -> None:
        require_positive(k=self.k)

    def fitted(self, runs: Sequence[Run]) -> Self:
        """The first one's layers, which all of them must have."""
        plans = [plan_of(run) for run in runs]
        names = self.layer or (deepest(plans[0]),)
        if ALL in names:
            names = tuple(plans[0].convolutions)
        names = tuple(dict.fromkeys(names))
        for plan in plans:
            check_layers(names, plan)
        return replace(self, layer=names)

    def resolved(self, opened: Opened) -> Self:
        return replace(self.fitted([opened.run]), epoch=opened.epoch)

    def check(self, opened: Opened, look: TopPatchesLook, *, drawn: bool = True) -> None:
        require_positive(count=look.count)
        check_channels(look.channels, opened.plan, self.layer[0])
        if drawn and len(self.layer) > 1:
            raise WorkbenchError(
                f"A file holds one layer, but {len(self.layer)} are asked for: "
                f"{', '.join(self.layer)}. Give one --layer, or leave --out away to cache them all."
            )

    def look_at_two(self, look: TopPatchesLook) -> TopPatchesLook:
        return replace(look, count=min(look.count, PAIRED))

    def look_for(self, opened: Opened, look: TopPatchesLook) -> TopPatchesLook:
        """Those of the channels that the second network has.

        Raises:
            WorkbenchError: If it has none of them.
        """
        count = channel_count(opened.plan, self.layer[0])
        own = tuple(channel for channel in look.channels if channel < count)
        if not own:
            raise WorkbenchError(
                f"{self.layer[0]} of {opened.run.name} has channels 0 to {count - 1}, and none of "
                f"{', '.join(map(str, look.channels))}. Choose others with --channels."
            )
        return replace(look, channels=own)

    def parts(self) -> list[TopPatchesQuery]:
        return [replace(self, layer=(layer,)) for layer in self.layer]

    def join(self, answers: Sequence[Any]) -> dict[str, TopPatches]:
        return dict(zip(self.layer, answers, strict=True))

    def work(
        self, opened: Opened, missing: Sequence[Query[Any]], progress: Progress
    ) -> Iterator[tuple[Query[Any], TopPatches]]:
        """One pass for all missing layers; how far it has come is one file for them together."""
        layers = sorted(layer for part in missing for layer in _layers(part))
        together = replace(self, layer=tuple(layers))
        top = resume(together, opened, progress).top
        for part in missing:
            yield part, top[_layers(part)[0]]
        forget_state(together, opened)  # each layer is cached for itself now

    def states(self, opened: Opened, before: MiningState | None) -> Iterator[MiningState]:
        images = SplitImages(opened.split(self.split), opened.run.preprocess)
        first = before.seen if before else 0
        batches = (images[i : i + BATCH_SIZE] for i in range(first, len(images), BATCH_SIZE))
        for state in scan(opened.network, batches, self.layer, self.k, before):
            yield replace(state, images=len(images))

    def done(self, state: MiningState) -> tuple[int, int]:
        assert state.images is not None
        return state.seen, state.images

    def encode_state(self, state: MiningState) -> Arrays:
        arrays: Arrays = {"seen": np.array(state.seen), "images": np.array(state.images)}
        for layer, top in state.top.items():
            arrays |= {f"{layer}.{name}": array for name, array in to_arrays(top).items()}
        return arrays

    def decode_state(self, arrays: Arrays) -> MiningState:
        names = [field.name for field in fields(TopPatches)]
        top = {
            layer: TopPatches(*(torch.from_numpy(arrays[f"{layer}.{name}"]) for name in names))
            for layer in self.layer
        }
        return MiningState(int(arrays["seen"]), top, int(arrays["images"]))

    def show(
        self, opened: Opened, answer: dict[str, TopPatches], look: TopPatchesLook
    ) -> TopPatchesShown:
        layer, top = self.layer[0], answer[self.layer[0]]
        channels = look.channels or tuple(sorted(top.by_strength()[: look.count]))
        pictures = cache(lambda: gallery_of(opened, layer, top, channels, self.split))
        data = opened.data()
        label = np.where(top.image < 0, -1, opened.split(self.split).labels[top.image.numpy()])
        return TopPatchesShown(
            look=TopPatchesLook(channels),
            epoch=opened.epoch,
            layer=layer,
            top=top,
            label=label,
            classes=data.classes,
            pictures=pictures,
            tiles=cache(lambda: small_tiles(pictures())),
        )


def _layers(query: Query[Any]) -> tuple[str, ...]:
    assert isinstance(query, TopPatchesQuery)
    return query.layer


@dataclass(frozen=True)
class TopPatchesShown:
    """Patches and projections of some channels of one layer.

    They cost forward and backward passes and are made where they are drawn: arrays do not need
    them, and a page has those of its next sheet made while the visitor looks at this one.
    """

    look: TopPatchesLook  # resolved
    epoch: int
    layer: str
    top: TopPatches  # (C, k) of all channels of the layer
    label: np.ndarray  # (C, k) int64, class of each image; -1 where there is none
    classes: tuple[str, ...]  # of the data set
    pictures: Callable[[], Gallery]  # of the channels looked at
    tiles: Callable[[], np.ndarray]  # the same, small, as `small_tiles` gives them

    @property
    def channels(self) -> tuple[int, ...]:
        """Those that are drawn."""
        return self.look.channels

    def arrays(self) -> Arrays:
        """What was mined, of all channels."""
        return to_arrays(self.top) | {
            "label": self.label,
            "class_name": np.array(self.classes),
            "layer": np.array(self.layer),
            "channel": np.array(self.channels),
        }


VIEW = TopPatchesQuery
