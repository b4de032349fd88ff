"""Learning, step by step. The loop yields; whoever calls prints, plots, saves or stops."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from training.augment import Augmentation
from training.config import FitConfig
from training.data.batches import shuffled_batches
from training.evaluate import correct_in_top
from training.learner import Learner
from training.monitor import Gauge
from training.preprocess import Preprocess
from training.schedule import learning_rate

if TYPE_CHECKING:
    from training.data import Split


@dataclass(frozen=True)
class Step:
    """Where an epoch stands after one batch."""

    images: int  # seen in this epoch
    total: int  # in the epoch
    loss: float  # of this batch, nats
    mean_loss: float  # over the epoch so far
    top1: float  # share of the epoch's images so far that were recognised, in [0, 1]
    lr: float
    seconds: float  # since the epoch began


def train_epoch(
    learner: Learner,
    split: Split,
    preprocess: Preprocess,
    augmentation: Augmentation,
    config: FitConfig,
    *,
    epoch: int,
    errors: Sequence[float],
    gauge: Gauge | None = None,
) -> Iterator[Step]:
    """One pass over a training set, in place, pausing after every batch.

    Several processes share every batch, and each is told of the whole of it.

    All chance in it comes from the run's seed and the epoch's number, so an epoch can be begun
    again and gives the same weights.

    Args:
        learner: What is trained, in place.
        split: The training images.
        preprocess: The run's preprocessing.
        augmentation: How the images are varied.
        config: Seed, batch size, rate, schedule.
        epoch: Number of this epoch, from 1.
        errors: Validation error after each earlier epoch.
        gauge: Measures some of the steps.
    """
    generator = np.random.default_rng([config.seed, epoch])
    ranks = learner.ranks
    # dropout draws from the global generator, in each process for other images
    torch.manual_seed(int(generator.integers(2**62)) + ranks.rank)
    learner.trained.train()
    total = len(split.labels)
    seen, loss_sum, correct = 0, 0.0, 0.0
    began = time.perf_counter()
    for images, labels in shuffled_batches(
        split,
        preprocess,
        augmentation,
        batch_size=config.batch_size,
        generator=generator,
        rank=ranks.rank,
        ranks=ranks.count,
        device=learner.trained.device,
    ):
        batch = min(config.batch_size, total - seen)
        seen += batch
        rate = learning_rate(config, epoch - 1 + seen / total, errors)
        own_loss, logits = learner.step(images, labels, rate, batch=batch, gauge=gauge)
        own_right = int(correct_in_top(logits, labels, 1).sum())
        loss, right = ranks.total([own_loss * (len(labels) / batch), own_right])
        loss_sum += loss * batch
        correct += right
        yield Step(
            images=seen,
            total=total,
            loss=loss,
            mean_loss=loss_sum / seen,
            top1=correct / seen,
            lr=rate,
            seconds=time.perf_counter() - began,
        )
