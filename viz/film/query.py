"""The question how the filters of a convolution grow over the epochs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import torch
from torch import Tensor

from training.errors import WorkbenchError
from training.progress import Progress
from viz.drawing.colours import signed_colours
from viz.filters.compute import Film, film
from viz.network.choices import channel_count, check_channels
from viz.planes import PlanesQuery, same_planes, with_planes
from viz.store.cache import Arrays
from viz.store.lend import Opened
from viz.store.query import Look, Query


@dataclass(frozen=True)
class FilmAnswer:
    """A convolution's weights at each epoch."""

    layer: str
    weight: Tensor  # (E, C, P, h, w): colours of the first layer, planes of a deeper one
    source: Tensor | None  # (C, P) int64, the channels below of a deeper layer's planes


@dataclass(frozen=True)
class FilmQuery(Query[FilmAnswer]):
    """The filters of a layer over all epochs, as an animation.

    Of a deeper layer than the first, each filter is a row of planes, one for each channel below:
    those that weigh most at the last epoch that is shown.

    --out FILE.gif is the animation; .png, .svg and .pdf show eight epochs side by side. .npz holds:
    weight (E, C, P, h, w), the weights themselves, P colours or planes, epoch (E), layer, and drawn
    (E, C, h, w, 3), the tiles: 1 stands for the weight high, 0 for its negative. Of a deeper layer
    also channel (C) and source (C, P), the channels below; drawn then has C·P tiles in colours.
    """

    epoch: int | None = None
    """Plays no part: the film shows many."""
    epochs: tuple[int, ...] = ()
    """Epochs to show, with commas between; all if not given."""
    layer: str | None = None
    """A convolution; the first one if not given."""
    channels: tuple[int, ...] = ()
    """Numbers with commas between; all of the first layer, sixteen of a deeper one if not given."""
    count: int = 12
    """Planes of each filter of a deeper layer, at most."""

    view: ClassVar[str] = "film"
    answer_type: ClassVar[type] = FilmAnswer
    cached: ClassVar[bool] = False
    more_files: ClassVar[dict[str, str]] = {".gif": "gif"}
    message: ClassVar[str] = "Making the film"

    def over(self, opened: Opened, _look: Any = None) -> Sequence[int]:
        return self.epochs or opened.run.epochs

    def resolved(self, opened: Opened) -> Self:
        """Names the epochs, the layer and its channels.

        Raises:
            WorkbenchError: If there is no such epoch, layer or channel, or it is no convolution.
        """
        plan, first = opened.plan, opened.plan.convolutions[0]
        layer, channels = self.layer or first, self.channels
        if layer == first:
            check_channels(channels, plan, layer)
            channels = channels or tuple(range(channel_count(plan, layer)))
        else:
            channels = self._planes(layer).resolved(opened).channels
        epochs = opened.run.sound(self.over(opened)).epochs
        return replace(self, epoch=None, epochs=epochs, layer=layer, channels=channels)

    def checkpoints(self, opened: Opened) -> list[str]:
        return [opened.run.digest(epoch) for epoch in self.epochs]

    def compute(self, opened: Opened, progress: Progress) -> FilmAnswer:
        assert self.layer
        planes = None
        if self.layer in with_planes(opened.plan):
            last = opened.at(self.epochs[-1])
            planes = self._planes(self.layer).compute(last, progress)
        frames, chosen = [], list(self.channels)
        for done, epoch in enumerate(self.epochs):
            progress(done, len(self.epochs))
            weight = opened.run.weight(epoch, f"{self.layer}.weight")
            frames.append(weight[chosen] if planes is None else same_planes(weight, planes))
        return FilmAnswer(
            self.layer, torch.stack(frames), None if planes is None else planes.source
        )

    def show(self, _opened: Opened, answer: FilmAnswer, look: Look) -> FilmShown:
        if answer.source is None:
            drawn = film(dict(zip(self.epochs, answer.weight, strict=True)))
        else:
            drawn = film_of_planes(self.epochs, answer.weight)
        return FilmShown(look, answer.layer, self.channels, answer.weight, answer.source, drawn)

    def _planes(self, layer: str) -> PlanesQuery:
        return PlanesQuery(self.run, layer=layer, channels=self.channels, count=self.count)


def film_of_planes(epochs: Sequence[int], weight: Tensor) -> Film:
    """A deeper layer's planes over the epochs, all on one scale: red adds, blue takes away.

    Args:
        epochs: In the order to be shown.
        weight: (E, C, P, h, w).

    Raises:
        WorkbenchError: If there are no epochs.
    """
    if not len(weight):
        raise WorkbenchError("A film needs the weights of at least one epoch, got none.")
    high = float(weight.abs().max())
    tiles = torch.from_numpy(signed_colours(weight.flatten(1, 2).numpy(), high))
    return Film(tiles, torch.tensor(list(epochs)), high, columns=weight.shape[2])


@dataclass(frozen=True)
class FilmShown:
    """A layer's filters, epoch after epoch."""

    look: Look
    layer: str
    channels: tuple[int, ...]
    weight: Tensor  # (E, C, P, h, w)
    source: Tensor | None  # (C, P), of a deeper layer
    film: Film

    def arrays(self) -> Arrays:
        """Weights by epoch, and the tiles as drawn."""
        arrays = {
            "layer": np.array(self.layer),
            "weight": self.weight.float().numpy(),
            "epoch": self.film.epoch.numpy(),
            "drawn": self.film.tiles.numpy(),
            "high": np.array(self.film.high),
        }
        if self.source is not None:
            arrays |= {"channel": np.array(self.channels), "source": self.source.numpy()}
        return arrays


VIEW = FilmQuery
