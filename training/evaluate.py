"""How often a network is right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional

from training.data.batches import batches
from training.models import Network
from training.preprocess import Preprocess
from training.progress import Progress, silent

if TYPE_CHECKING:
    from training.data import Split


@dataclass(frozen=True)
class Evaluation:
    """Means over a split; errors are 1 − top1 and 1 − top5."""

    loss: float  # cross-entropy, nats
    top1: float  # share of images whose class is the most probable one, in [0, 1]
    top5: float  # share of images whose class is among the five most probable
    images: int


@torch.inference_mode()
def evaluate(
    network: Network,
    split: Split,
    preprocess: Preprocess,
    *,
    batch_size: int = 250,
    progress: Progress = silent,
) -> Evaluation:
    """Loss and accuracy on the central crop of every image, in float32.

    Args:
        network: Any mode; it is left in evaluation mode.
        split: Images and labels.
        preprocess: The run's preprocessing.
        batch_size: Images at once.
        progress: Told the images done.
    """
    network.eval()
    device = next(network.parameters()).device
    loss, top1, top5, seen = 0.0, 0, 0, 0
    for images in batches(split, preprocess, batch_size=batch_size, device=device):
        labels = torch.from_numpy(split.labels[seen : seen + len(images)]).to(device)
        logits = network(images)
        loss += functional.cross_entropy(logits, labels, reduction="sum").item()
        top1 += int(correct_in_top(logits, labels, 1).sum())
        top5 += int(correct_in_top(logits, labels, 5).sum())
        seen += len(images)
        progress(seen, len(split.labels))
    return Evaluation(loss / seen, top1 / seen, top5 / seen, seen)


def correct_in_top(logits: Tensor, labels: Tensor, k: int) -> Tensor:
    """Which images have their class among the k largest logits: (N, K), (N,) to (N,) bool."""
    guesses = logits.topk(min(k, logits.shape[1]), dim=1).indices
    return (guesses == labels[:, None]).any(dim=1)
