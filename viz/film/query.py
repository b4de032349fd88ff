"""The question how the first filters grow over the epochs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import torch
from torch import Tensor

from training.progress import Progress
from viz.filters.compute import Film, film
from viz.store.cache import Arrays
from viz.store.lend import Opened
from viz.store.query import Look, Query


@dataclass(frozen=True)
class FilmAnswer:
    """The first convolution's weights at each epoch."""

    layer: str
    weight: Tensor  # (E, C, 3, h, w), or (E, C, 1, h, w) of a network for grey images


@dataclass(frozen=True)
class FilmQuery(Query[FilmAnswer]):
    """The first filters over all epochs, as an animation.

    --out FILE.gif is the animation; .png, .svg and .pdf show eight epochs side by side. .npz holds:
    weight (E, C, 3, h, w), the weights themselves, epoch (E), layer, and drawn (E, C, h, w, 3), the
    tiles: 1 stands for the weight high, 0 for its negative.
    """

    epoch: int | None = None
    """Plays no part: the film shows many."""
    epochs: tuple[int, ...] = ()
    """Epochs to show, with commas between; all if not given."""

    view: ClassVar[str] = "film"
    answer_type: ClassVar[type] = FilmAnswer
    cached: ClassVar[bool] = False
    more_files: ClassVar[dict[str, str]] = {".gif": "gif"}
    message: ClassVar[str] = "Making the film"

    def over(self, opened: Opened, _look: Any = None) -> Sequence[int]:
        return self.epochs or opened.run.epochs

    def resolved(self, opened: Opened) -> Self:
        return replace(self, epoch=None, epochs=opened.run.sound(self.over(opened)).epochs)

    def checkpoints(self, opened: Opened) -> list[str]:
        return [opened.run.digest(epoch) for epoch in self.epochs]

    def compute(self, opened: Opened, progress: Progress) -> FilmAnswer:
        layer, frames = opened.plan.convolutions[0], []
        for done, epoch in enumerate(self.epochs):
            progress(done, len(self.epochs))
            frames.append(opened.run.weight(epoch, f"{layer}.weight"))
        return FilmAnswer(layer, torch.stack(frames))

    def show(self, _opened: Opened, answer: FilmAnswer, look: Look) -> FilmShown:
        by_epoch = dict(zip(self.epochs, answer.weight, strict=True))
        return FilmShown(look, answer.layer, answer.weight, film(by_epoch))


@dataclass(frozen=True)
class FilmShown:
    """The first filters, epoch after epoch."""

    look: Look
    layer: str
    weight: Tensor  # (E, C, 3 or 1, h, w)
    film: Film

    def arrays(self) -> Arrays:
        """Weights by epoch, and the tiles as drawn."""
        return {
            "layer": np.array(self.layer),
            "weight": self.weight.float().numpy(),
            "epoch": self.film.epoch.numpy(),
            "drawn": self.film.tiles.numpy(),
            "high": np.array(self.film.high),
        }


VIEW = FilmQuery
