"""What linear classifiers make of a layer's features: accuracy of each class in each split."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from training.models import Network
from training.probe import (
    Draw,
    LossName,
    PoolingName,
    accuracy_by_class,
    choose_c,
    fit_linear,
    pooled,
)
from training.progress import Progress, silent

IN_MEMORY = 2**28  # bytes of a layer's features; more of them go through a file
AT_ONCE = 8192  # images whose products are all kept, in 256 MB
ROWS = 1024  # multiplied at once


@dataclass(frozen=True)
class Probe:
    """How well one layer's features do in S splits of K classes."""

    accuracy: Tensor  # (S, K) float64, share of each class's test images
    c: Tensor  # (S,) float64, chosen on the training images

    @property
    def means(self) -> Tensor:
        """(S,) mean over classes of each split."""
        return self.accuracy.mean(1)

    @property
    def mean(self) -> float:
        """Mean over classes and splits."""
        return float(self.means.mean())

    @property
    def deviation(self) -> float:
        """Between splits; 0 of a single one."""
        return float(self.means.std(correction=0))


@dataclass(frozen=True)
class Products:
    """Of N images' features with one another, as they are asked for."""

    features: np.ndarray  # (N, D) float32, of many numbers in a file
    whole: Tensor | None  # (N, N), where there are so few images that all of it is kept

    @classmethod
    def of(cls, features: np.ndarray) -> Products:
        """All at once where that serves every split; else split by split."""
        every = torch.arange(len(features))
        few = len(features) <= AT_ONCE
        return cls(features, products(features, every, every) if few else None)

    def between(self, rows: Tensor, columns: Tensor) -> Tensor:
        """(r, c) of images by their indices."""
        if self.whole is not None:
            return self.whole[rows][:, columns]
        return products(self.features, rows, columns)


def products(features: np.ndarray, rows: Tensor, columns: Tensor) -> Tensor:
    """(r, c) products of rows of (N, D) with others, block by block."""
    found = torch.empty(len(rows), len(columns))
    same = torch.equal(rows, columns)
    for first in range(0, len(rows), ROWS):
        some = torch.from_numpy(features[rows[first : first + ROWS].numpy()])
        for other in range(first if same else 0, len(columns), ROWS):
            others = torch.from_numpy(features[columns[other : other + ROWS].numpy()])
            block = some @ others.T
            found[first : first + ROWS, other : other + ROWS] = block
            if same:
                found[other : other + ROWS, first : first + ROWS] = block.T
    return found


@torch.inference_mode()
def layer_features(
    network: Network,
    images: Iterable[Tensor],
    count: int,
    layers: Sequence[str],
    pooling: PoolingName,
) -> Iterator[tuple[str, Products]]:
    """Each layer's features of all images, all layers filled in one pass.

    Those of many numbers lie in temporary files meanwhile, so that memory does not grow with them.

    Args:
        network: In evaluation mode.
        images: Batches (n, 3, H, W), normalised, of N images in all.
        count: N.
        layers: Whose outputs.
        pooling: How maps become features; see `training.probe.pooled`.
    """
    with ExitStack() as files:
        stores: dict[str, np.ndarray] = {}
        done = 0
        for batch in images:
            batch = batch.to(network.device, memory_format=torch.channels_last)
            found = network.activations(batch, layers)
            for name in layers:
                features = pooled(found[name], pooling).float().cpu().numpy()
                if name not in stores:
                    stores[name] = _room(count, features.shape[1], files)
                stores[name][done : done + len(features)] = features
            done += len(batch)
        for name in layers:
            yield name, Products.of(stores.pop(name))


def _room(count: int, length: int, files: ExitStack) -> np.ndarray:
    if 4 * count * length <= IN_MEMORY:
        return np.empty((count, length), np.float32)
    folder = files.enter_context(tempfile.TemporaryDirectory(prefix="filterscope-"))
    path = Path(folder) / "features.npy"
    return np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(count, length))


def probe(
    images: Products,
    labels: Tensor,
    splits: Sequence[Draw],
    loss: LossName,
    *,
    progress: Progress = silent,
) -> Probe:
    """Fit and test a classifier in each split.

    Args:
        images: N images' features.
        labels: (N,) int64 from 0.
        splits: Which images are for what.
        loss: Of the classifier.
        progress: Told the splits done.

    Source: Zeiler & Fergus 2013, section 5.2 and table 7: the mean over classes.
    """
    classes = int(labels.max()) + 1
    accuracy, chosen = [], []
    for number, split in enumerate(splits, start=1):
        inner, own = images.between(split.train, split.train), labels[split.train]
        c = choose_c(inner, own, loss=loss)
        fitted = fit_linear(inner, own, loss=loss, c=c, tolerance=1e-3)
        scores = fitted.scores(images.between(split.test, split.train))
        accuracy.append(accuracy_by_class(scores, labels[split.test], classes))
        chosen.append(c)
        progress(number, len(splits))
    return Probe(torch.stack(accuracy), torch.tensor(chosen, dtype=torch.float64))
