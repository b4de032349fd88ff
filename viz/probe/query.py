"""The question what a network's features are worth, layer by layer, epoch by epoch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, product
from typing import Any, ClassVar, Self

import numpy as np
import torch

from training.data import describe, open_data
from training.data.batches import chosen
from training.data.class_names import plain
from training.data.source import listing
from training.errors import WorkbenchError
from training.probe import Draw, LossName, PoolingName, draws, most_per_class
from training.progress import Progress
from viz.network.choices import layers_meant
from viz.probe.compute import Probe, layer_features, probe
from viz.probe.papers import PAPERS, Published, published
from viz.store.cache import Arrays
from viz.store.lend import Opened
from viz.store.query import Look, Query, require_positive

USUAL = 30  # training images of each class, as in the papers
NAMES: dict[LossName, str] = {"svm": "SVM", "softmax": "softmax"}


@dataclass(frozen=True)
class ProbeLook(Look):
    """Nothing is chosen afterwards."""


@dataclass(frozen=True)
class Protocol(Query[Any]):
    """What a probe of one layer and of many depends on alike."""

    data: str = ""
    """Data set whose classes are told apart, such as caltech101:data; the run's own if not
    given."""
    per_class: int | None = None
    """Training images of each class; 30, or as many as every class has, if not given."""
    splits: int = 10
    """How often training and test images are drawn."""
    pooling: PoolingName = "pyramid"
    """How maps become features: none keeps every unit, mean one number a channel, pyramid the
    largest in 1, 4 and 16 cells."""
    seed: int = 0
    """Decides which images are drawn."""

    def __post_init__(self) -> None:
        require_positive(per_class=self.per_class, splits=self.splits)

    def spec(self, opened: Opened) -> str:
        """The data set that is meant.

        Raises:
            WorkbenchError: If none is named and the run has none.
        """
        spec = self.data or opened.run.info.data
        if spec is None:
            raise WorkbenchError(
                f"{opened.run.name} has no data set of its own. Say whose classes are to be told "
                "apart: --data caltech101:data, or --data folder:PATH."
            )
        return spec

    def identity(self, opened: Opened) -> dict[str, Any]:
        """The data set counts by its pictures, not by where they lie."""
        found = super().identity(opened)
        settings = {name: value for name, value in found["settings"].items() if name != "data"}
        return found | {"data": describe(self.spec(opened)).fingerprint, "settings": settings}

    def draws(self, train: np.ndarray, val: np.ndarray, *, held_out: bool) -> list[Draw]:
        """Which images train and test, of (N,) and (M,) labels; indices count on from N."""
        assert self.per_class is not None
        one, other = (np.concatenate([train, val]), None) if held_out else (train, val)
        return draws(one, other, per_class=self.per_class, splits=self.splits, seed=self.seed)


@dataclass(frozen=True)
class LayerProbeQuery(Protocol):
    """One layer after one epoch by one classifier, cached for itself."""

    layer: str = ""
    """Whose outputs are the features."""
    classifier: LossName = "svm"
    """Linear classifier."""

    view: ClassVar[str] = "layer-probe"
    answer_type: ClassVar[type] = Probe

    def checkpoints(self, opened: Opened) -> list[str]:
        assert self.epoch is not None
        return [opened.run.digest(self.epoch)]


@dataclass(frozen=True)
class ProbeQuery(Protocol):
    """What features are worth: a linear classifier on each layer, on another data set.

    Of each class some images train the classifier and at most 50 others test it; accuracy is the
    mean over classes, with its deviation over splits. A data set with validation images of its own
    is tested on those. Each layer, epoch and classifier is cached for itself, so that an
    interrupted probe goes on where it was.

    .npz holds, for E epochs, L layers, M classifiers, S splits and K classes: accuracy
    (E, L, M, S, K), c (E, L, M, S), and epoch (E), layer (L), classifier (M), class_name (K).
    """

    layers: tuple[str, ...] = ()
    """Names with commas between; conv1..fc7 means what comes out of each stage there, after
    rectification and pooling; all of them if not given."""
    classifier: tuple[LossName, ...] = ("svm",)
    """svm, softmax or both, with a comma between."""
    epochs: tuple[int, ...] = ()
    """Numbers with commas between; the one of --epoch if not given."""

    view: ClassVar[str] = "probe"
    answer_type: ClassVar[type] = Probe
    look: ClassVar[type[Look]] = ProbeLook
    message: ClassVar[str] = "Probing layers"
    in_address: ClassVar[dict[str, str]] = {"data": "on"}  # Train has a data set of its own there

    def resolved(self, opened: Opened) -> Self:
        """It is of no one epoch: the epochs say which."""
        spec = self.spec(opened)
        source = describe(spec)
        labels = [source.open(split).labels for split in ("train", "val")]
        asked = replace(self, per_class=self.per_class or min(USUAL, most_per_class(spec)))
        asked.draws(*labels, held_out=source.is_held_out)  # refused now, not after a forward pass
        epochs = self.epochs or (opened.epoch,)
        return replace(
            asked,
            data=spec,
            epoch=None,
            epochs=opened.run.sound(epochs).epochs,
            layers=layers_meant(self.layers, opened.plan),
            classifier=tuple(dict.fromkeys(self.classifier)),
        )

    def notices(self, opened: Opened, look: Any) -> tuple[str, ...]:
        """Also which classes the network knows already."""
        known = {plain(name) for name in opened.run.classes}
        spec = self.spec(opened)
        shared = [name for name in describe(spec).classes if plain(name) in known]
        told = super().notices(opened, look)
        if not shared or spec == opened.run.info.data:
            return told
        return (
            *told,
            f"The network was trained on {len(shared)} of these classes, too, which flatters its "
            f"features: {listing(shared)}.",
        )

    def over(self, _opened: Opened, _look: Any = None) -> Sequence[int]:
        return self.epochs

    def checkpoints(self, opened: Opened) -> list[str]:
        return [opened.run.digest(epoch) for epoch in self.epochs]

    def parts(self) -> list[LayerProbeQuery]:
        shared = (self.data, self.per_class, self.splits, self.pooling, self.seed)
        return [
            LayerProbeQuery(self.run, epoch, *shared, layer, classifier)
            for epoch, layer, classifier in product(self.epochs, self.layers, self.classifier)
        ]

    def join(self, answers: Sequence[Probe]) -> tuple[Probe, ...]:
        return tuple(answers)

    def work(
        self, opened: Opened, missing: Sequence[Query[Any]], progress: Progress
    ) -> Iterator[tuple[Query[Any], Probe]]:
        """One pass over the images an epoch; one matrix a layer serves all splits and losses."""
        asked = [part for part in missing if isinstance(part, LayerProbeQuery)]
        spec, preprocess = self.spec(opened), opened.run.preprocess
        data = open_data(spec, size=preprocess.resize, progress=progress)
        train, val = data.train.labels, data.val.labels
        splits = self.draws(train, val, held_out=describe(spec).is_held_out)
        used = torch.cat([torch.cat([draw.train, draw.test]) for draw in splits]).unique()
        splits = [draw.among(used) for draw in splits]
        labels = torch.from_numpy(np.concatenate([train, val]))[used]
        in_train = used < len(train)
        parts = (data.train, used[in_train]), (data.val, used[~in_train] - len(train))
        done, total = 0, len(asked) * self.splits

        def tell(fitted: int, _of: int) -> None:
            progress(done + fitted, total)

        for epoch in dict.fromkeys(part.epoch for part in asked):
            assert epoch is not None
            of_epoch = [part for part in asked if part.epoch == epoch]
            layers = list(dict.fromkeys(part.layer for part in of_epoch))
            images = chain(*(chosen(split, preprocess, rows) for split, rows in parts))
            network = opened.at(epoch).network
            for layer, found in layer_features(network, images, len(used), layers, self.pooling):
                for part in (part for part in of_epoch if part.layer == layer):
                    yield part, probe(found, labels, splits, part.classifier, progress=tell)
                    done += self.splits

    def show(self, opened: Opened, answer: tuple[Probe, ...], look: ProbeLook) -> ProbeShown:
        places = product(self.epochs, self.layers, self.classifier)  # as the parts
        found = dict(zip(places, answer, strict=True))
        classes = describe(self.spec(opened)).classes
        return ProbeShown(look, opened.run.name, classes, self, found)


@dataclass(frozen=True)
class ProbeShown:
    """How features do, by epoch, layer and classifier."""

    look: ProbeLook
    name: str  # of the run
    classes: tuple[str, ...]  # of the data set, K
    asked: ProbeQuery
    found: Mapping[tuple[int, str, LossName], Probe]

    @property
    def best(self) -> tuple[tuple[int, str, LossName], Probe]:
        """Epoch, layer and classifier that do best, and how well."""
        return max(self.found.items(), key=lambda item: item[1].mean)

    def curve(self, epoch: int, classifier: LossName) -> list[Probe]:
        """Of one epoch, layer by layer."""
        return [self.found[epoch, layer, classifier] for layer in self.asked.layers]

    def arrays(self) -> Arrays:
        """All accuracies, and what their axes are."""
        asked = self.asked
        shape = len(asked.epochs), len(asked.layers), len(asked.classifier)
        accuracy = np.stack([one.accuracy.numpy() for one in self.found.values()])
        c = np.stack([one.c.numpy() for one in self.found.values()])
        return {
            "accuracy": accuracy.reshape(*shape, *accuracy.shape[1:]),
            "c": c.reshape(*shape, -1),
            "epoch": np.array(asked.epochs),
            "layer": np.array(asked.layers),
            "classifier": np.array(asked.classifier),
            "class_name": np.array(self.classes),
        }

    def _paper(self, paper: str) -> list[Published | None]:
        """What it found of each classifier's layers, if it asked the same."""
        asked = self.asked
        return [
            published(layer, classifier, asked.data, asked.per_class, paper)
            for classifier, layer in product(asked.classifier, asked.layers)
        ]

    def words(self) -> str:
        """A table as in the papers, a row for each layer and classifier, the best one named."""
        asked = self.asked
        beside = [paper for paper in PAPERS if any(self._paper(paper))]
        head = ["layer", "classifier", *(f"epoch {epoch}" for epoch in asked.epochs), "C", *beside]
        theirs = [self._paper(paper) for paper in beside]
        rows = [
            [
                layer,
                NAMES[classifier],
                *(in_words(self.found[epoch, layer, classifier]) for epoch in asked.epochs),
                f"{float(self.found[asked.epochs[-1], layer, classifier].c.median()):g}",
                *(f"{found[0]:.1f} ± {found[1]:.1f}" if found else "" for found in published),
            ]
            for (classifier, layer), *published in zip(
                product(asked.classifier, asked.layers), *theirs, strict=True
            )
        ]
        widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in [head, *rows]
        ]
        (epoch, layer, classifier), best = self.best
        return "\n".join(
            [
                f"Accuracy, mean over {len(self.classes)} classes ± deviation over {asked.splits} "
                f"splits; {asked.per_class} training images a class, pooling {asked.pooling}.",
                *lines,
                f"Best: {layer} with {NAMES[classifier]} at epoch {epoch}, {in_words(best)} %.",
            ]
        )


def in_words(one: Probe) -> str:
    """Mean and deviation in per cent, as the papers print them."""
    return f"{100 * one.mean:.1f} ± {100 * one.deviation:.1f}"


VIEW = ProbeQuery
