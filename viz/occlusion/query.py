"""The question where a network looks, and what is looked at in the answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, Self

import numpy as np
from torch import Tensor

from training.errors import WorkbenchError
from training.runs import Run
from viz.drawing.words import from_to, label_of, ninth, percent
from viz.network.choices import class_index
from viz.network.fills import filling
from viz.network.layers import maps_to_watch, source_of
from viz.occlusion.compute import (
    Cell,
    Occlusion,
    Shape,
    argmin_cell,
    covered,
    scan,
    window_for,
)
from viz.store.answer import CacheMiss
from viz.store.cache import Arrays
from viz.store.lend import Opened
from viz.store.query import ImageSource, Look, Resumable, require_positive
from viz.top_patches.gallery import Gallery, gallery_of, strongest_in
from viz.top_patches.query import TopPatchesQuery

MapScale = Literal["log-odds", "probability", "own"]
UNMOVED = 0.05  # of probability: less is no change of the answer to speak of


@dataclass(frozen=True)
class OcclusionLook(Look):
    """What is looked at in an occlusion: one pass answers for every class and layer."""

    label: str | None = None
    """Class, by name or number; if not given, that of a validation image, and the most probable
    one of a picture file."""
    layer: str | None = None
    """Whose strongest channel is tracked; the last maps before the classifier if not given."""
    scale: MapScale = "log-odds"
    """Of the class's map: log-odds, the change in log odds, log(P / (1 − P)) with the window minus
    without, about 0; probability, P from 0 to 1; own, P over the range that it has here."""
    opacity: int = 100
    """Of the maps over the image, per cent."""

    def __post_init__(self) -> None:
        if not 0 <= self.opacity <= 100:
            raise WorkbenchError(f"--opacity must be from 0 to 100, got {self.opacity}.")


@dataclass(frozen=True)
class OcclusionQuery(Resumable[Any]):
    """Where the network looks: a window slides over the image.

    One image gives all panels of the paper's figure, with what excites the strongest channel
    in other images where top patches are cached; several images give a sheet. What is found is
    cached in the run and serves every class and layer.

    .npz holds: probability of the class, predicted, activation (rows, cols); cell (r, c) hides the
    window whose top left pixel is (r·stride, c·stride). Also probabilities (rows, cols, K) of all
    classes, whole (K) those of the whole image, whole_activation, label, channel, layer, class_name
    (K), window, stride. Of several images each with N before its shape. Compared with another run:
    also second_probability and so on and, where the inputs are of one size, difference.
    """

    image: tuple[ImageSource, ...] = (ImageSource("0"),)
    """A picture file, or the number of a validation image; several with commas between. photo.jpg@0
    is its left or upper square, @100 the right or lower one."""
    window: int | None = None
    """Side of the window in pixels; if not given, a seventh of the input and at least 12, which is
    32 of 224 and 12 of 64."""
    stride: int | None = None
    """Step in pixels; if not given, a 28th of the input, which is 8 of 224 and 2 of 64."""
    fill: str = "grey"
    """What the window shows: grey, the mean colour that the run subtracts from its inputs (run.json
    names it); mean, the image's own mean colour; blur, the image through a Gaussian of 10 px of
    224; noise, normal and seeded; or a number, the value after normalisation."""
    shape: Shape = "square"
    """Of the window: square or circle, whose diameter is the window's side."""

    view: ClassVar[str] = "occlusion"
    version: ClassVar[int] = 2  # 2: probabilities in double precision
    answer_type: ClassVar[type] = Occlusion
    look: ClassVar[type[Look]] = OcclusionLook
    message: ClassVar[str] = "Sliding the window"
    in_address: ClassVar[dict[str, str]] = {"layer": "watch"}

    def __post_init__(self) -> None:
        require_positive(window=self.window, stride=self.stride)

    def fitted(self, runs: Sequence[Run]) -> Self:
        """One window for all of them: it fits the smallest of their inputs."""
        window, stride = window_for(min(run.preprocess.size for run in runs))
        return replace(self, window=self.window or window, stride=self.stride or stride)

    def resolved(self, opened: Opened) -> Self:
        return replace(self.fitted([opened.run]), epoch=opened.epoch)

    def parts(self) -> list[OcclusionQuery]:
        return [replace(self, image=(image,)) for image in self.image]

    def join(self, answers: Sequence[Any]) -> list[Occlusion]:
        return list(answers)

    def states(self, opened: Opened, before: Occlusion | None) -> Iterator[Occlusion]:
        pixels = opened.pixels(self.image[0])
        assert self.window
        assert self.stride
        return scan(
            opened.network,
            pixels,
            window=self.window,
            stride=self.stride,
            fill=filling(self.fill, pixels),
            shape=self.shape,
            state=before,
        )

    def done(self, state: Occlusion) -> tuple[int, int]:
        return state.done, state.shape[0] * state.shape[1]

    def grain(self, state: Occlusion) -> int:
        return state.step

    def said(self, opened: Opened) -> dict[str, Any]:
        """One image is no list of images."""
        return {"image": opened.image_seen(self.image[0])} if len(self.image) == 1 else {}

    def look_for(self, opened: Opened, look: OcclusionLook) -> OcclusionLook:
        """A class or layer that the second network does not have is its own default there."""
        known = look.label in opened.run.classes
        there = look.layer in opened.plan.layers
        return replace(
            look, label=look.label if known else None, layer=look.layer if there else None
        )

    def show(self, opened: Opened, answer: list[Occlusion], look: OcclusionLook) -> OcclusionShown:
        rows = tuple(
            self._row(opened, source, found, look)
            for source, found in zip(self.image, answer, strict=False)  # fewer while at work
        )
        layer = look.layer or maps_to_watch(opened.plan)
        label = opened.run.classes[rows[0].label] if len(rows) == 1 else look.label
        own = others = None
        if len(self.image) == 1:
            own, others = self._galleries(opened, rows[0].found.tracked(layer).channel, layer)
        look = replace(look, label=label, layer=layer)
        return OcclusionShown(look, opened.run.classes, rows, layer, own, others)

    def _row(self, opened: Opened, source: str, found: Occlusion, look: OcclusionLook) -> Row:
        if look.label is not None:
            label = class_index(opened.run.classes, look.label)
        else:
            known = opened.true_class(source)
            label = int(found.base.argmax()) if known is None else known
        seen = opened.run.preprocess.picture(opened.pixels(source))
        return Row(opened.picture(source).name, seen, found, label)

    def covered(
        self, opened: Opened, source: str, window: int, top: int = 0, left: int = 0
    ) -> Tensor:
        """What the network sees with the window there, (3, H, W) in [0, 1]."""
        pixels = opened.pixels(source)
        hidden = covered(pixels, filling(self.fill, pixels), window, top, left, self.shape)
        return opened.run.preprocess.picture(hidden)

    def _galleries(
        self, opened: Opened, channel: int, layer: str
    ) -> tuple[Gallery, Gallery | None]:
        """What excites a channel most in this image, and in others where that was mined."""
        network, picture = opened.network, opened.run.preprocess.picture
        own = strongest_in(network, opened.pixels(self.image[0]), layer, channel, picture=picture)
        try:
            return own, mined_gallery(opened, source_of(network, layer), channel)
        except (CacheMiss, WorkbenchError):  # not mined, or there is no data to mine
            return own, None


def mined_gallery(opened: Opened, layer: str, channel: int) -> Gallery:
    """The channel's strongest patches in the validation images, where they are cached."""
    query = TopPatchesQuery(str(opened.run.path), opened.epoch, (layer,))
    top = opened.ask(query, cached_only=True)[layer]
    return gallery_of(opened, layer, top, [channel])


@dataclass(frozen=True)
class Row:
    """One image."""

    name: str
    picture: Tensor  # what the network sees, (3, H, W) in [0, 1]
    found: Occlusion
    label: int  # class whose probability is drawn

    @property
    def changes_nothing(self) -> bool:
        """Whether no window changes the answer, nor much of the class's probability."""
        found, now = self.found, self.found.probability[..., self.label]
        moved = float((now - found.base[self.label]).abs().max())
        return moved < UNMOVED and bool((found.predicted == found.base.argmax()).all())

    def words(self, classes: Sequence[str]) -> str:
        """The result in a sentence: which window costs the class most, and how much."""
        found, now = self.found, self.found.probability[..., self.label]
        before, low, high = (float(each) for each in (found.base[self.label], now.min(), now.max()))
        cell, answer = argmin_cell(found, self.label), int(found.base.argmax())
        name, answer_name, then_name = (
            label_of(classes, each, None)
            for each in (self.label, answer, int(found.predicted[cell]))
        )
        is_answer = answer == self.label
        if self.changes_nothing:
            kept = "" if is_answer else f"{answer_name} stays the answer, and "
            held = f"P({name}) stays between {percent(low)} and {percent(high)}"
            return f"No window of {found.window} px changes the answer: {kept}{held}."
        if low >= before:
            where = self._place(divmod(int(now.argmax()), found.shape[1]))
            adds = f"covering {where} adds most: {from_to(before, high)}."
            return f"No window costs {name} anything; {adds}"
        then = "" if then_name == answer_name else f", and the answer becomes {then_name}"
        costs = f"Covering {self._place(cell)} costs {name} most: {from_to(before, low)}{then}."
        return costs if is_answer else f"{costs} Uncovered, the answer is {answer_name}."

    def _place(self, cell: Cell) -> str:
        y, x = self.found.centre(cell)
        height, width = self.picture.shape[1:]
        return ninth(y / height, x / width)

    def arrays(self, layer: str) -> Arrays:
        """All that was found of the image."""
        tracked = self.found.tracked(layer)
        return {
            "probability": self.found.probability[..., self.label].numpy(),
            "predicted": self.found.predicted.numpy(),
            "activation": tracked.activation.numpy(),
            "probabilities": self.found.probability.numpy(),
            "whole": self.found.base.numpy(),
            "whole_activation": np.array(tracked.base),
            "label": np.array(self.label),
            "channel": np.array(tracked.channel),
        }


@dataclass(frozen=True)
class OcclusionShown:
    """What the paper's figure 7 shows of one image, or a sheet of several."""

    look: OcclusionLook  # resolved
    classes: tuple[str, ...]
    rows: tuple[Row, ...]
    layer: str  # whose strongest channel is tracked
    own: Gallery | None = None  # (1, 1) its strongest unit in the image
    others: Gallery | None = None  # (1, k) its strongest patches in other images

    def said(self) -> dict[str, Any]:
        """Of several images each has a class of its own."""
        if len(self.rows) == 1:
            return {}
        return {"label": [self.classes[row.label] for row in self.rows]}

    def words(self) -> str:
        """What covering does to each image's class, a line each."""
        lines = [row.words(self.classes) for row in self.rows]
        if len(lines) > 1:
            lines = [f"{row.name}: {line}" for row, line in zip(self.rows, lines, strict=True)]
        return "\n".join(lines)

    def arrays(self) -> Arrays:
        """Of each image; of several with N before each shape."""
        each = [row.arrays(self.layer) for row in self.rows]
        found = each[0] if len(each) == 1 else {k: np.stack([a[k] for a in each]) for k in each[0]}
        square = self.rows[0].found
        return found | {
            "layer": np.array(self.layer),
            "class_name": np.array(self.classes),
            "window": np.array(square.window),
            "stride": np.array(square.stride),
        }


VIEW = OcclusionQuery
