"""When did it learn that? One image's class probabilities after every epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from training.models import Network


@dataclass(frozen=True)
class ClassEvidence:
    """What a run's networks, epoch by epoch, thought of one image."""

    epoch: Tensor  # (E,) int64, ascending
    probability: Tensor  # (E, K) float64 of each class

    def rank(self, label: int) -> Tensor:
        """(E,) int64, the place of a class among all: 1 where it is the answer.

        Classes of equal probability share the last of their places: a network that cannot tell
        them apart has not put this one first.
        """
        own = self.probability[:, label, None]
        return (self.probability >= own).sum(1)

    def right_since(self, label: int) -> int | None:
        """The epoch from which on the class is the answer to the end; None if it is not there."""
        wrong = (self.rank(label) > 1).nonzero().flatten()
        first = int(wrong[-1]) + 1 if len(wrong) else 0
        return int(self.epoch[first]) if first < len(self.epoch) else None

    def first_right(self, label: int) -> int | None:
        """The first epoch after which the class is the answer, though it may be lost again."""
        right = (self.rank(label) == 1).nonzero().flatten()
        return int(self.epoch[right[0]]) if len(right) else None


@torch.inference_mode()
def class_evidence(network: Network, image: Tensor) -> Tensor:
    """(K,) float64 class probabilities of one normalised image (3, H, W)."""
    scores = network(image[None].to(network.device))[0]
    return network.outputs.probabilities(scores.cpu().double())


def over_epochs(epochs: Sequence[int], probabilities: Sequence[Tensor]) -> ClassEvidence:
    """The answers of several epochs, (K,) each, in order."""
    return ClassEvidence(torch.tensor(epochs), torch.stack(list(probabilities)))
