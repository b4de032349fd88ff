"""The same image's projection from another unit: how much of a picture is the unit's own?"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from training.errors import WorkbenchError
from training.models import Network
from viz.deconvnet.compute import RuleName, project
from viz.network.rank_correlation import rank_correlation


@dataclass(frozen=True)
class Control:
    """A projection from another channel at the same place."""

    channel: int
    projection: Tensor  # (3, H, W)
    similarity: float  # rank correlation of the pixels' sizes; NaN where a projection is empty


def control(
    network: Network,
    image: Tensor,
    layer: str,
    channel: int,
    unit: tuple[int, int],
    projection: Tensor,
    *,
    rule: RuleName,
    generator: torch.Generator,
) -> Control:
    """Project the image from a random other unit of the layer, at the same place.

    Where both pictures are alike, they tell of the image and of what pooling and rectifiers
    recorded of it rather than of the unit. The other channel is one that fires there too, as far
    as there is one: the same square of the image is behind both.

    Args:
        network: In evaluation mode.
        image: (3, H, W), normalised.
        layer: Of both units.
        channel: Of the unit in question.
        unit: Row and column of both.
        projection: (3, H, W) of the unit in question, by the same rule.
        rule: deconvnet, guided or gradient.
        generator: Draws the other channel.

    Returns:
        The control. Its similarity is Spearman's, of the largest size among a pixel's colours,
        over the pixels where at least one of the pictures is not empty.

    Raises:
        WorkbenchError: If the layer has one channel only.

    Source: Mahendran & Vedaldi 2016, on how little a deconvnet selects the neuron; there by eye.
    """
    with torch.no_grad():
        maps = network.activations(image[None].to(network.device), [layer])[layer][0]
    here = maps[:, unit[0], unit[1]] if maps.dim() == 3 else maps
    if len(here) < 2:
        raise WorkbenchError(f"{layer} has one channel only: there is no other unit to compare.")
    others = torch.arange(len(here)) != channel
    firing = others & (here > 0).cpu()
    candidates = (firing if firing.any() else others).nonzero()[:, 0]
    chosen = candidates[torch.randint(len(candidates), (1,), generator=generator)]
    [other] = project(network, image[None], layer, chosen, units=torch.tensor([unit]), rule=rule)
    sizes = [each.abs().amax(0) for each in (projection, other)]
    seen = (sizes[0] > 0) | (sizes[1] > 0)
    return Control(int(chosen), other, rank_correlation(sizes[0][seen], sizes[1][seen]))
