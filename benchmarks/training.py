"""Training steps from images on disk, beside torchvision's reference script and the arithmetic.

The script (references/classification/train.py) is not part of torchvision's package. Its contents
are made here out of the same calls: an ImageFolder that decodes each file in every epoch, the
transforms of `ClassificationPresetTrain`, a DataLoader, float32, SGD, and both accuracies.
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Subset
from torchvision import datasets, transforms

from benchmarks.timing import take_turns
from training.augment import augmentation_of
from training.config import FitConfig
from training.data import open_data
from training.data.source import IMAGENET_MEAN, IMAGENET_STD
from training.data.store import Data, Split
from training.device import choose_dtype
from training.evaluate import correct_in_top
from training.learner import Learner
from training.loop import train_epoch
from training.models import Network, create
from training.preprocess import Preprocess
from viz.architecture import describe

DEFAULT_WORKERS = 16  # of the reference script
IMAGES = {"alexnet-onetower": 512, "alexnet-small": 4096}  # a few seconds of work on two cores


@dataclass(frozen=True)
class Speeds:
    """What was measured, all in one run."""

    images_per_s: dict[str, float]  # ours first
    flops: float  # arithmetic of our steps, FLOP/s: three times a forward pass's
    limit: dict[str, float]  # of a large product of matrices, FLOP/s, by type


def measure(photographs: str, model: str, rounds: int) -> Speeds:
    """Median speeds over a few batches.

    Args:
        photographs: Folder with `train/<class>/…`.
        model: Name in `IMAGES`.
        rounds: Counted turns.
    """
    data, images = f"folder:{photographs}", IMAGES[model]
    config = FitConfig(data=data, model=model, batch_size=128, lr=0.001)
    found = open_data(data, size=config.stored_size)
    warnings.filterwarnings("ignore", "This DataLoader will create")  # its default is 16
    workers = sorted({0, os.cpu_count() or 1, DEFAULT_WORKERS})
    contestants = {"filterscope": _ours(config, found, images)}
    for count in workers:
        name = f"torchvision's reference, {count} workers"
        contestants[name] = _reference(
            config, Path(photographs) / "train", len(found.classes), images, count
        )
    seconds = take_turns(contestants, rounds)
    speeds = {who: images / taken for who, taken in seconds.items()}
    macs = sum(row.macs for row in describe(_network(config, len(found.classes)).eval()))
    flops = 3 * 2 * macs * speeds["filterscope"]
    types = {"float32": torch.float32, "bfloat16": torch.bfloat16}
    return Speeds(speeds, flops, {name: _product(dtype) for name, dtype in types.items()})


def _network(config: FitConfig, num_classes: int) -> Network:
    torch.manual_seed(0)
    return create(config.model, num_classes)


def _ours(config: FitConfig, data: Data, images: int) -> Callable[[], None]:
    network = _network(config, len(data.classes)).to(memory_format=torch.channels_last)
    learner = Learner(network, config, choose_dtype("auto", network.device))
    some = Split(data.train.images[:images], data.train.labels[:images], data.train.names[:images])
    preprocess = Preprocess(config.input_size, config.stored_size, IMAGENET_MEAN, IMAGENET_STD)
    augmentation = augmentation_of(config, some)

    def turn() -> None:
        for _ in train_epoch(learner, some, preprocess, augmentation, config, epoch=1, errors=[]):
            pass

    return turn


def _reference(
    config: FitConfig, pictures: Path, num_classes: int, images: int, workers: int
) -> Callable[[], None]:
    model = _network(config, num_classes)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.001, momentum=0.9, weight_decay=1e-4)
    criterion = nn.CrossEntropyLoss()
    preset = transforms.Compose(
        [
            transforms.RandomResizedCrop(config.input_size),
            transforms.RandomHorizontalFlip(0.5),
            transforms.PILToTensor(),
            transforms.ConvertImageDtype(torch.float),
            transforms.Normalize(mean=IMAGENET_MEAN, std=IMAGENET_STD),
        ]
    )
    dataset = datasets.ImageFolder(pictures, preset)
    order = torch.randperm(len(dataset), generator=torch.Generator().manual_seed(0))[:images]
    loader = DataLoader(
        Subset(dataset, order.tolist()),
        batch_size=config.batch_size,
        shuffle=True,
        num_workers=workers,
    )

    def turn() -> None:
        model.train()
        for batch, labels in loader:
            step(batch, labels)

    def step(batch: Tensor, labels: Tensor) -> None:
        output = model(batch)
        optimizer.zero_grad()
        loss = criterion(output, labels)
        loss.backward()
        optimizer.step()
        for k in (1, 5):
            correct_in_top(output, labels, k).float().mean().item()
        loss.item()

    return turn


def _product(dtype: torch.dtype, side: int = 4096, seconds: float = 2.0) -> float:
    """FLOP/s of a square matrix product, the best of some."""
    left, right = (torch.randn(side, side, dtype=dtype) for _ in range(2))
    best, began = 0.0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        start = time.perf_counter()
        _ = left @ right
        best = max(best, 2 * side**3 / (time.perf_counter() - start))
    return best
