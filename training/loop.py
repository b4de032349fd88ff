"""Learning, step by step. The loop yields; whoever calls prints, plots, saves or stops."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from training.config import FitConfig
from training.data.batches import shuffled_batches
from training.evaluate import correct_in_top
from training.models import Network
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


def make_optimizer(network: Network, config: FitConfig) -> torch.optim.SGD:
    """Momentum and weight decay as in Krizhevsky et al. 2012, section 5."""
    return torch.optim.SGD(
        network.parameters(),
        lr=config.lr,
        momentum=config.momentum,
        weight_decay=config.weight_decay,
    )


def train_epoch(
    network: Network,
    optimizer: torch.optim.Optimizer,
    split: Split,
    preprocess: Preprocess,
    config: FitConfig,
    *,
    epoch: int,
    errors: Sequence[float],
    dtype: torch.dtype = torch.float32,
) -> Iterator[Step]:
    """One pass over a training set, in place, pausing after every batch.

    All chance in it comes from the run's seed and the epoch's number, so an epoch can be begun
    again and gives the same weights.

    Args:
        network: Trained in place, on its own device.
        optimizer: Over the network's parameters.
        split: The training images.
        preprocess: The run's preprocessing.
        config: Batch size, rate, schedule, augmentation.
        epoch: Number of this epoch, from 1.
        errors: Validation error after each earlier epoch.
        dtype: Arithmetic of forward and backward pass; weights stay float32.
    """
    device = next(network.parameters()).device
    generator = np.random.default_rng([config.seed, epoch])
    torch.manual_seed(int(generator.integers(2**62)))  # dropout draws from the global generator
    network.train()
    total = len(split.labels)
    seen, loss_sum, correct = 0, 0.0, 0
    began = time.perf_counter()
    for images, labels in shuffled_batches(
        split,
        preprocess,
        batch_size=config.batch_size,
        crop_padding=config.padding,
        flip=config.flip,
        generator=generator,
        device=device,
    ):
        seen += len(labels)
        rate = learning_rate(config, epoch - 1 + seen / total, errors)
        loss, logits = take_step(network, optimizer, images, labels, rate, dtype)
        loss_sum += loss * len(labels)
        correct += int(correct_in_top(logits, labels, 1).sum())
        yield Step(
            images=seen,
            total=total,
            loss=loss,
            mean_loss=loss_sum / seen,
            top1=correct / seen,
            lr=rate,
            seconds=time.perf_counter() - began,
        )


def take_step(
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    images: Tensor,
    labels: Tensor,
    lr: float,
    dtype: torch.dtype,
) -> tuple[float, Tensor]:
    """One step of gradient descent: the batch's mean loss (nats) and its logits (N, K)."""
    for group in optimizer.param_groups:
        group["lr"] = lr
    mixed = torch.autocast(images.device.type, dtype) if dtype != torch.float32 else nullcontext()
    with mixed:
        logits = network(images)
    logits = logits.float()
    loss = functional.cross_entropy(logits, labels)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    return loss.item(), logits.detach()


@torch.inference_mode()
def why_dead(network: Network, images: Tensor, loss: float) -> str | None:
    """Why a network will learn nothing more, in words, or None while there is hope.

    A network whose loss stays at that of guessing, ln K, and with a layer whose units are all at
    zero for every image gets no gradient through that layer: it is dead for good.

    Args:
        network: In evaluation mode.
        images: Some images, (N, 3, H, W).
        loss: Its mean training loss, nats.
    """
    if not math.isfinite(loss):
        return "The loss is no longer a number. Try a lower learning rate (--lr)."
    guessing = math.log(network.num_classes)
    if loss < 0.99 * guessing:
        return None
    rectified = [name for name, layer in network.layers.items() if isinstance(layer, nn.ReLU)]
    for name, activation in network.activations(images, rectified).items():
        if not activation.any():
            return (
                f"The network is dead: its loss is that of guessing ({guessing:.2f} nats) and all "
                f"units of {name} are at zero for every image. Try a lower learning rate (--lr) "
                "or a longer warm-up (--warmup)."
            )
    return None
