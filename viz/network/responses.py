"""How the channels of some layers answer to many images: which are dead, which say the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from training.errors import WorkbenchError
from training.models import Network
from training.progress import Progress, silent
from viz.network.images import Images, count, in_batches


@dataclass(frozen=True)
class Responses:
    """What a layer's C channels did over all images and places."""

    active: Tensor  # (C,) share of the images in which the channel is above zero somewhere
    firing: Tensor  # (C,) share of all units that are above zero
    mean: Tensor  # (C,) activation
    deviation: Tensor  # (C,) of the activation; 0 where the channel never changes
    correlation: Tensor  # (C, C) of activations at the same place; 0 where one never changes
    checkerboard: Tensor  # (C,) see `checkerboard_energy`; 0 where the map is flat

    def dead(self) -> list[int]:
        """Channels that are above zero in no image."""
        return (self.active == 0).nonzero()[:, 0].tolist()

    def near_dead(self, share: float = 0.01) -> list[int]:
        """Those above zero in less than that share of the images, the dead left out."""
        rare = (self.active > 0) & (self.active < share)
        return rare.nonzero()[:, 0].tolist()

    def duplicates(self, least: float = 0.95) -> list[tuple[int, int, float]]:
        """Pairs of channels whose activations are correlated, the most alike first."""
        channels = len(self.correlation)
        first, second = torch.triu_indices(channels, channels, offset=1)
        values = self.correlation[first, second]
        chosen = values.abs().argsort(descending=True, stable=True)
        chosen = chosen[values[chosen].abs() >= least]
        return list(
            zip(
                first[chosen].tolist(), second[chosen].tolist(), values[chosen].tolist(),
                strict=True,
            )
        )  # fmt: skip


def responses(
    network: Network,
    images: Images | Iterable[Tensor],
    layers: Sequence[str],
    *,
    progress: Progress = silent,
) -> dict[str, Responses]:
    """One pass over the images; what is held in memory does not grow with them.

    Args:
        network: In evaluation mode.
        images: (N, 3, H, W), normalised, or anything that yields such batches.
        layers: Names of layers; a fully connected layer counts as maps of one unit. Only after a
            rectifier does "above zero" mean that a channel speaks.
        progress: Told (images seen, images) where their number is known beforehand.

    Raises:
        WorkbenchError: If there is no such layer, or no image.
    """
    for layer in layers:
        network.require_layer(layer)
    sums = {layer: _Sums() for layer in layers}
    total, seen = count(images), 0
    for batch in in_batches(images):
        with torch.no_grad():
            batch = batch.to(network.device, memory_format=torch.channels_last)
            for layer, activations in network.activations(batch, layers).items():
                sums[layer].add(activations)
        seen += len(batch)
        if total is not None:
            progress(seen, total)
    if not seen:
        raise WorkbenchError("There is no image to see the responses to.")
    return {layer: one.result() for layer, one in sums.items()}


def checkerboard_energy(maps: Tensor) -> tuple[Tensor, Tensor]:
    """The energy of fine detail in maps, and the part of it that alternates both ways.

    Each 2×2 square is split as by Haar wavelets into a mean and three differences: from row to
    row, from column to column, and along the diagonals, which a checkerboard alone excites. White
    noise has a third of the three there, edges and smooth maps little, and the artefacts that a
    large stride leaves have much.

    Args:
        maps: (N, C, h, w).

    Returns:
        Checkerboard and all detail, each (C,), summed over images and places.
    """
    a, b = maps[..., :-1, :-1], maps[..., :-1, 1:]
    c, d = maps[..., 1:, :-1], maps[..., 1:, 1:]
    checks = (a - b - c + d).square().sum((0, 2, 3))
    rows = (a + b - c - d).square().sum((0, 2, 3))
    columns = (a - b + c - d).square().sum((0, 2, 3))
    return checks, checks + rows + columns


class _Sums:
    """Sums over all units of one layer so far, in double precision."""

    def __init__(self) -> None:
        self.images = self.units = 0

    def add(self, activations: Tensor) -> None:
        maps = activations if activations.dim() == 4 else activations[:, :, None, None]
        maps = maps.float()
        values = maps.transpose(0, 1).flatten(1)  # (C, n)
        if not self.images:
            channels = len(values)
            zeros = torch.zeros(channels, dtype=torch.float64)
            self.active, self.firing = zeros.clone(), zeros.clone()
            self.total, self.checks, self.detail = zeros.clone(), zeros.clone(), zeros.clone()
            self.products = torch.zeros(channels, channels, dtype=torch.float64)
            # sums of squares around a value near the mean lose no digits
            self.around = values.mean(1, keepdim=True)
        self.images += len(maps)
        self.units += values.shape[1]
        self.active += (maps.amax((2, 3)) > 0).double().sum(0).cpu()
        self.firing += (values > 0).double().sum(1).cpu()
        centred = values - self.around
        self.total += centred.double().sum(1).cpu()
        self.products += (centred @ centred.T).double().cpu()
        checks, detail = checkerboard_energy(maps)
        self.checks += checks.double().cpu()
        self.detail += detail.double().cpu()

    def result(self) -> Responses:
        offset = self.total / self.units
        covariance = self.products / self.units - offset[:, None] * offset
        deviation = covariance.diagonal().clamp(min=0).sqrt()
        # what single precision makes of a constant is no change
        still = deviation <= 1e-6 * (self.around[:, 0].double().cpu().abs() + offset.abs())
        deviation = torch.where(still, 0.0, deviation)
        scale = deviation[:, None] * deviation
        correlation = torch.where(scale > 0, covariance / scale, 0.0).clamp(-1, 1)
        return Responses(
            active=self.active / self.images,
            firing=self.firing / self.units,
            mean=self.around[:, 0].double().cpu() + offset,
            deviation=deviation,
            correlation=correlation,
            checkerboard=torch.where(self.detail > 0, self.checks / self.detail, 0.0),
        )
