"""The question how well each layer finds images of the same class, at every epoch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, ClassVar, Literal, Self

import numpy as np
import torch
from torch import Tensor

from training.errors import WorkbenchError
from training.probe import PoolingName, pooled
from training.progress import Progress, part_of
from viz.network.choices import layers_meant
from viz.network.images import SplitImages, in_batches
from viz.retrieval_scores.compute import Scores, by_class, score
from viz.store.cache import Arrays
from viz.store.lend import Opened
from viz.store.query import Look, Query, require_positive

PIXELS = "pixels"  # in place of a layer: the picture itself, whatever the network


@dataclass(frozen=True)
class ScoresLook(Look):
    """Nothing is chosen afterwards."""


@dataclass(frozen=True)
class LayerScoresQuery(Query[Scores]):
    """One layer after one epoch, cached for itself."""

    layer: str = ""
    """Whose outputs are compared, or pixels."""
    k: int = 10
    """Neighbours counted."""
    pooling: PoolingName = "none"
    """How maps become features."""
    split: Literal["val", "train"] = "val"
    """Images looked for and searched."""

    view: ClassVar[str] = "layer-scores"
    answer_type: ClassVar[type] = Scores
    on_data: ClassVar[bool] = True

    def checkpoints(self, opened: Opened) -> list[str]:
        assert self.epoch is not None
        return [] if self.layer == PIXELS else [opened.run.digest(self.epoch)]


@dataclass(frozen=True)
class RetrievalScoresQuery(Query[Any]):
    """How well nearest neighbours find the same class: mean average precision, layer by layer.

    Every image of the split is looked for once among the others; those of its class are relevant.
    Means are over the images of a class, then over classes; raw pixels stand beside.

    .npz holds, for E epochs, L layers (the last one is pixels) and K classes: average_precision
    and precision (E, L, K), and epoch, layer, class_name, k.
    """

    layers: tuple[str, ...] = ()
    """Names with commas between; conv1..fc7 means what comes out of each stage there; all of them
    if not given."""
    epochs: tuple[int, ...] = ()
    """Numbers with commas between; the one of --epoch if not given."""
    k: int = 10
    """Neighbours that the precision counts."""
    pooling: PoolingName = "none"
    """How maps become features: none, as for single queries, mean or pyramid."""
    split: Literal["val", "train"] = "val"
    """Images looked for and searched."""

    view: ClassVar[str] = "retrieval-scores"
    answer_type: ClassVar[type] = Scores
    on_data: ClassVar[bool] = True
    look: ClassVar[type[Look]] = ScoresLook
    message: ClassVar[str] = "Scoring neighbours"

    def __post_init__(self) -> None:
        require_positive(k=self.k)

    def resolved(self, opened: Opened) -> Self:
        """It is of no one epoch: the epochs say which."""
        named = [name for name in self.layers if name != PIXELS]
        layers = (*layers_meant(named, opened.plan), PIXELS)
        epochs = opened.run.sound(self.epochs or (opened.epoch,)).epochs
        return replace(self, epoch=None, epochs=epochs, layers=layers)

    def over(self, _opened: Opened, _look: Any = None) -> Sequence[int]:
        return self.epochs

    def checkpoints(self, opened: Opened) -> list[str]:
        return [opened.run.digest(epoch) for epoch in self.epochs]

    def parts(self) -> list[LayerScoresQuery]:
        shared = (self.k, self.pooling, self.split)
        return [
            LayerScoresQuery(self.run, epoch, layer, *shared)
            for epoch, layer in product(self.epochs, self.layers)
        ]

    def join(self, answers: Sequence[Scores]) -> tuple[Scores, ...]:
        return tuple(answers)

    def work(
        self, opened: Opened, missing: Sequence[Query[Any]], progress: Progress
    ) -> Iterator[tuple[Query[Any], Scores]]:
        """A pass over the images for each layer: one layer's features are held at a time."""
        split = opened.split(self.split, progress)
        labels = torch.from_numpy(np.array(split.labels))
        pixels: Scores | None = None
        for number, part in enumerate(missing):
            assert isinstance(part, LayerScoresQuery)
            assert part.epoch is not None
            told = part_of(progress, number, len(missing))
            if part.layer != PIXELS:
                features = self._features(opened.at(part.epoch), part.layer)
                yield part, score(features, labels, self.k, progress=told)
            else:  # the same at every epoch
                pixels = pixels or score(self._pixels(opened), labels, self.k, progress=told)
                yield part, pixels

    @torch.inference_mode()
    def _features(self, there: Opened, layer: str) -> Tensor:
        images = SplitImages(there.split(self.split), there.run.preprocess)
        found = []
        for batch in in_batches(images):
            batch = batch.to(there.network.device, memory_format=torch.channels_last)
            maps = there.network.activations(batch, [layer])[layer]
            found.append(
                maps.contiguous().flatten(1).cpu()
                if self.pooling == "none"
                else pooled(maps, self.pooling).cpu()
            )
        return torch.cat(found)

    def _pixels(self, opened: Opened) -> Tensor:
        images = SplitImages(opened.split(self.split), opened.run.preprocess)
        return torch.cat([batch.flatten(1) for batch in in_batches(images)])

    def show(self, opened: Opened, answer: tuple[Scores, ...], look: ScoresLook) -> ScoresShown:
        labels = torch.from_numpy(np.array(opened.split(self.split).labels))
        classes = opened.data().classes
        if int(torch.bincount(labels).max()) < 2:
            raise WorkbenchError(
                f"No class has two {self.split} images, so that none can be found. Choose another "
                "--split."
            )
        found = dict(zip(product(self.epochs, self.layers), answer, strict=True))
        return ScoresShown(look, opened.run.name, classes, self, found, labels)


@dataclass(frozen=True)
class ScoresShown:
    """How well neighbours find the same class, by epoch and layer."""

    look: ScoresLook
    name: str  # of the run
    classes: tuple[str, ...]  # K
    asked: RetrievalScoresQuery
    found: Mapping[tuple[int, str], Scores]
    labels: Tensor  # (N,)

    def classwise(self, epoch: int, layer: str, what: str = "average_precision") -> Tensor:
        """(K,) mean over each class's images."""
        values = getattr(self.found[epoch, layer], what)
        return by_class(values, self.labels, len(self.classes))

    def mean(self, epoch: int, layer: str, what: str = "average_precision") -> float:
        """Over classes that have two images."""
        return float(self.classwise(epoch, layer, what).nanmean())

    @property
    def chance(self) -> float:
        """Mean over classes of what images in random order would give: the share of the class."""
        counts = torch.bincount(self.labels, minlength=len(self.classes)).double()
        there = counts[counts > 1]
        return float(((there - 1) / (len(self.labels) - 1)).mean())

    def arrays(self) -> Arrays:
        """Means of every class."""
        asked = self.asked
        shape = len(asked.epochs), len(asked.layers), len(self.classes)
        return {
            what: np.stack([self.classwise(*place, what).numpy() for place in self.found]).reshape(
                shape
            )
            for what in ("average_precision", "precision")
        } | {
            "epoch": np.array(asked.epochs),
            "layer": np.array(asked.layers),
            "class_name": np.array(self.classes),
            "k": np.array(asked.k),
        }

    def words(self) -> str:
        """A table, and the classes found best and worst."""
        asked = self.asked
        width = max(map(len, asked.layers))
        head = "  ".join(f"epoch {epoch}".rjust(13) for epoch in asked.epochs)
        lines = [f"{'layer'.ljust(width)}  {head}"]
        for layer in asked.layers:
            cells = [
                f"{self.mean(epoch, layer):6.1%} {self.mean(epoch, layer, 'precision'):6.1%}"
                for epoch in asked.epochs
            ]
            lines.append(f"{layer.ljust(width)}  {'  '.join(cells)}")
        epoch, layer = max(self.found, key=lambda place: self.mean(*place))
        best = self.classwise(epoch, layer)
        order = [index for index in best.argsort().tolist() if best[index] == best[index]]
        named = [f"{self.classes[index]} {float(best[index]):.0%}" for index in order]
        return "\n".join(
            [
                f"Mean average precision, and precision among the nearest {asked.k}; images in "
                f"random order have {self.chance:.1%}.",
                *lines,
                f"By {layer} at epoch {epoch} found best: {', '.join(named[-3:][::-1])}; worst: "
                f"{', '.join(named[:3])}.",
            ]
        )


VIEW = RetrievalScoresQuery
