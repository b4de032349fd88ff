"""How often a network is right, which classes it takes for which, and where it is most wrong.

What is counted over some of the images adds up with what is counted over the others, so several
processes may share a split; memory does not grow with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from training.data.batches import batches
from training.models import Network
from training.outputs import SOFTMAX, Outputs
from training.preprocess import Preprocess
from training.progress import Progress, silent

if TYPE_CHECKING:
    from training.data import Split

Criterion = Callable[..., Tensor]
TOP_K = 5  # most probable classes, as everybody counts since ImageNet


@dataclass(frozen=True, eq=False)
class Mistakes:
    """Misclassified images, the one to look at first coming first."""

    index: Tensor  # (m,) int64, of the image in its split
    label: Tensor  # (m,) int64, its class
    truth: Tensor  # (m,) float32, probability of its class
    guess: Tensor  # (m, 5) int64, the most probable classes; all of them where there are fewer
    probability: Tensor  # (m, 5) float32, theirs

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, which: Tensor | slice) -> Mistakes:
        """Some of them."""
        return Mistakes(*(getattr(self, field.name)[which] for field in fields(self)))

    def __add__(self, other: Mistakes) -> Mistakes:
        """Both's, these first."""
        pairs = ((getattr(self, field.name), getattr(other, field.name)) for field in fields(self))
        return Mistakes(*(torch.cat(pair) for pair in pairs))

    def first(self, count: int, score: Callable[[Mistakes], Tensor]) -> Mistakes:
        """Those of highest score; between equals the lower index, however they were gathered."""
        ordered = self[self.index.argsort()]
        return ordered[score(ordered).argsort(descending=True, stable=True)[:count]]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Means over a split; errors are 1 − top1 and 1 − top5.

    Labels each on their own are counted like classes: each image has one in the data, and the label
    of the highest probability is right if it is that one. Others may be in the image, too, and are
    not known of.
    """

    loss: float  # cross-entropy, nats; for sigmoid outputs binary, the mean over labels
    top1: float  # share of images whose class is the most probable one, in [0, 1]
    top5: float  # share of images whose class is among the five most probable
    images: int
    confusion: Tensor  # (K, K) int64: images of class (row) predicted as class (column)
    surest: Mistakes  # wrong with the highest probability
    worst: Mistakes  # wrong with the lowest probability of the true class

    @property
    def mean_class_top1(self) -> float:
        """Mean over the classes that have images of the share recognised, in [0, 1]."""
        images = self.confusion.sum(dim=1)
        found = self.confusion.diagonal()[images > 0] / images[images > 0]
        return float(found.double().mean())


class Tally:
    """What was counted so far, batch by batch; tallies of other images can be added."""

    def __init__(self, num_classes: int, *, mistakes: int = 0, outputs: Outputs = SOFTMAX) -> None:
        """
        Args:
            num_classes: K.
            mistakes: How many of the most confident and of the lowest-probability ones to remember.
            outputs: What the scores mean.
        """
        self.outputs = outputs
        self.loss, self.top5 = 0.0, 0  # sums
        self.confusion = torch.zeros(num_classes, num_classes, dtype=torch.int64)
        self.surest = self.worst = _no_mistakes(min(TOP_K, num_classes))
        self._mistakes = mistakes

    @property
    def images(self) -> int:
        """How many were counted."""
        return int(self.confusion.sum())

    def add(
        self,
        logits: Tensor,
        labels: Tensor,
        *,
        first: int = 0,
        criterion: Criterion | None = None,
    ) -> None:
        """Count a batch, without the images of classes that the network does not know.

        Args:
            logits: (N, K), the network's scores.
            labels: (N,) int64; K and above for unknown classes.
            first: Index of the batch's first image in its split.
            criterion: The loss, called with reduction="sum"; that of the outputs if not given.
        """
        index = first + torch.arange(len(labels))
        known = labels < len(self.confusion)
        if not known.all():
            logits, labels, index = logits[known], labels[known], index[known.cpu()]
        loss = (criterion or self.outputs.loss)(logits, labels, reduction="sum").item()
        logits, labels = logits.float().cpu(), labels.cpu()
        self.loss += loss
        predictions = logits.topk(min(TOP_K, logits.shape[1]), dim=1).indices
        self.top5 += int((predictions == labels[:, None]).sum())
        cells = labels * len(self.confusion) + predictions[:, 0]
        # not bincount, whose result is a whole matrix for every batch
        self.confusion.view(-1).scatter_add_(0, cells, torch.ones_like(cells))
        if self._mistakes:
            self._remember(logits, labels, predictions, index)

    def __add__(self, other: Tally) -> Tally:
        """The tally of both's images."""
        mistakes = max(self._mistakes, other._mistakes)
        total = Tally(len(self.confusion), mistakes=mistakes, outputs=self.outputs)
        total.loss, total.top5 = self.loss + other.loss, self.top5 + other.top5
        total.confusion = self.confusion + other.confusion
        total._keep(self.surest + other.surest, self.worst + other.worst)
        return total

    def evaluation(self) -> Evaluation:
        """Means over what was counted, at least one image."""
        images = self.images
        return Evaluation(
            loss=self.loss / images,
            top1=int(self.confusion.trace()) / images,
            top5=self.top5 / images,
            images=images,
            confusion=self.confusion,
            surest=self.surest.first(self._mistakes, _sureness),
            worst=self.worst.first(self._mistakes, _wrongness),
        )

    def _remember(self, logits: Tensor, labels: Tensor, predictions: Tensor, index: Tensor) -> None:
        probabilities = self.outputs.probabilities(logits)
        found = Mistakes(
            index=index,
            label=labels,
            truth=probabilities.gather(1, labels[:, None])[:, 0],
            guess=predictions,
            probability=probabilities.gather(1, predictions),
        )
        found = found[predictions[:, 0] != labels]
        self._keep(self.surest + found, self.worst + found)

    def _keep(self, surest: Mistakes, worst: Mistakes) -> None:
        # sorted only where some have to go: who wants them all has them sorted once, at the end
        enough = len(surest) > self._mistakes
        self.surest = surest.first(self._mistakes, _sureness) if enough else surest
        self.worst = worst.first(self._mistakes, _wrongness) if enough else worst


def evaluate(
    network: Network,
    split: Split,
    preprocess: Preprocess,
    *,
    batch_size: int = 250,
    mistakes: int = 0,
    progress: Progress = silent,
) -> Evaluation:
    """Loss, accuracy and confusion on the central crop of every image, in float32.

    Args:
        network: Any mode; it is left in evaluation mode.
        split: Images and labels.
        preprocess: The run's preprocessing.
        batch_size: Images at once.
        mistakes: How many of the most confident and of the lowest-probability ones are wanted.
        progress: Told the images done.
    """
    return tally(
        network, split, preprocess, batch_size=batch_size, mistakes=mistakes, progress=progress
    ).evaluation()


@torch.inference_mode()
def tally(
    network: Network,
    split: Split,
    preprocess: Preprocess,
    *,
    start: int = 0,
    stop: int | None = None,
    batch_size: int = 250,
    mistakes: int = 0,
    progress: Progress = silent,
) -> Tally:
    """What `evaluate` counts, over images `start` to `stop` alone: tallies of parts add up.

    Args:
        network: Any mode; it is left in evaluation mode.
        split: Images and labels.
        preprocess: The run's preprocessing.
        start: Index of the first image.
        stop: Index after the last image; all by default.
        batch_size: Images at once.
        mistakes: How many of the most confident and of the lowest-probability ones are wanted.
        progress: Told the images done, of those asked for.
    """
    network.eval()
    stop = len(split.labels) if stop is None else stop
    counted = Tally(network.num_classes, mistakes=mistakes, outputs=network.outputs)
    seen = start
    for images in batches(
        split, preprocess, batch_size=batch_size, start=start, stop=stop, device=network.device
    ):
        labels = torch.from_numpy(split.labels[seen : seen + len(images)]).to(network.device)
        logits = network(images)
        counted.add(logits, labels, first=seen, criterion=network.criterion)
        seen += len(images)
        progress(seen - start, stop - start)
    return counted


def correct_in_top(logits: Tensor, labels: Tensor, k: int) -> Tensor:
    """Which images have their class among the k largest logits: (N, K), (N,) to (N,) bool."""
    predictions = logits.topk(min(k, logits.shape[1]), dim=1).indices
    return (predictions == labels[:, None]).any(dim=1)


def _sureness(mistakes: Mistakes) -> Tensor:
    return mistakes.probability[:, 0]


def _wrongness(mistakes: Mistakes) -> Tensor:
    return -mistakes.truth


def _no_mistakes(predictions: int) -> Mistakes:
    none = torch.zeros(0, dtype=torch.int64)
    return Mistakes(
        index=none,
        label=none,
        truth=torch.zeros(0),
        guess=torch.zeros(0, predictions, dtype=torch.int64),
        probability=torch.zeros(0, predictions),
    )
