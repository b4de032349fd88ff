"""Deletion and insertion: pixels go, or come, in a heat map's order; does the answer follow?"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from training.errors import WorkbenchError
from training.models import Network
from training.progress import Progress, silent

STEPS, RANDOM, BATCH = 32, 5, 64


@dataclass(frozen=True)
class DeletionInsertion:
    """P(class) while pixels go, or come, in the order of a map and in random orders.

    A map that found the evidence takes the answer away soon, with a small area under `deleted`,
    and brings it soon, with a large one under `inserted`. The random orders say what soon means
    for this image. Their holes look like noise, which may harm the answer more than a hole in one
    piece: a map of a few large spots can lose to chance by deletion and win by insertion.
    """

    share: Tensor  # (S + 1,) of the pixels, from 0 to 1
    deleted: Tensor  # (S + 1,) P(class) without that share, the map's highest pixels first
    inserted: Tensor  # (S + 1,) P(class) with nothing but that share
    random_deleted: Tensor  # (R, S + 1) the same in R random orders
    random_inserted: Tensor  # (R, S + 1)


def area(share: Tensor, probability: Tensor) -> float:
    """Under a curve (S + 1,), by the trapezium rule; under several (R, S + 1), their mean."""
    return float(torch.trapezoid(probability.double(), share.double()).mean())


@torch.no_grad()
def deletion_insertion(
    network: Network,
    image: Tensor,
    heat: Tensor,
    *,
    label: int,
    generator: torch.Generator,
    baseline: float | Tensor = 0.0,
    steps: int = STEPS,
    random: int = RANDOM,
    progress: Progress = silent,
) -> DeletionInsertion:
    """The deletion and the insertion curve of a heat map, and those of random orders.

    Args:
        network: In evaluation mode.
        image: (3, H, W), normalised.
        heat: (H, W), highest where the evidence is said to be. A signed map's first pixels speak
            most for the class, its last ones most against it.
        label: Class whose probability is followed, 0 <= label < K.
        generator: Of the random orders, and of the order of equal pixels.
        baseline: What stands where a pixel is missing, after normalisation: 0 is the mean
            colour that the run subtracts. Or an image (3, H, W), such as a blurred one.
        steps: Equal shares in which the pixels go, as far as they can be divided so.
        random: Number of random orders.
        progress: Told (orders done, orders).

    Raises:
        WorkbenchError: If image and map differ in size, or there is no such class.

    Source: Petsiuk et al. 2018 (RISE), section 4.3; they start insertion from a blurred image.
    """
    _check(network, image, heat, label, steps)
    counts = torch.linspace(0, heat.numel(), steps + 1).round().long()
    nothing = torch.zeros_like(heat)
    maps = [heat] + [nothing] * random
    deleted, inserted = [], []
    for number, each in enumerate(maps):
        rank = ranks(each, generator)
        present = [rank >= count for count in counts] + [rank < count for count in counts]
        probability = _probability(network, image, torch.stack(present), label, baseline)
        deleted.append(probability[: steps + 1])
        inserted.append(probability[steps + 1 :])
        progress(number + 1, len(maps))
    return DeletionInsertion(
        share=counts / heat.numel(),
        deleted=deleted[0],
        inserted=inserted[0],
        random_deleted=torch.stack(deleted[1:]) if random else torch.empty(0, steps + 1),
        random_inserted=torch.stack(inserted[1:]) if random else torch.empty(0, steps + 1),
    )


def ranks(heat: Tensor, generator: torch.Generator) -> Tensor:
    """The place of each pixel of a map in descending order, 0 for the highest; (H, W) int64.

    Equal pixels, such as the many zeros of a Grad-CAM map, come in random order.
    """
    shuffled = torch.randperm(heat.numel(), generator=generator)
    order = shuffled[heat.flatten()[shuffled].argsort(descending=True, stable=True)]
    places = torch.empty_like(order)
    places[order] = torch.arange(len(order))
    return places.reshape(heat.shape)


def _probability(
    network: Network, image: Tensor, present: Tensor, label: int, baseline: float | Tensor
) -> Tensor:
    """P(class) of the image with only some pixels: (n, H, W) bool to (n,)."""
    image = image.to(network.device)
    behind = torch.as_tensor(baseline, dtype=image.dtype, device=image.device)
    parts = [
        network.probabilities(torch.where(some[:, None].to(image.device), image, behind))[:, label]
        for some in present.split(BATCH)
    ]
    return torch.cat(parts).cpu()


def _check(network: Network, image: Tensor, heat: Tensor, label: int, steps: int) -> None:
    if image.dim() != 3 or image.shape[1:] != heat.shape:
        raise WorkbenchError(
            f"An image (3, H, W) and its map (H, W) are needed, got {tuple(image.shape)} and "
            f"{tuple(heat.shape)}."
        )
    if not 0 <= label < network.num_classes:
        raise WorkbenchError(
            f"There is no class {label}: the network knows 0 to {network.num_classes - 1}."
        )
    if not 1 <= steps <= heat.numel():
        raise WorkbenchError(f"{heat.numel()} pixels go in 1 to {heat.numel()} steps, not {steps}.")
