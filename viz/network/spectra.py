"""Which frequencies the first filters look for, and how much of that their stride can carry."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from training.errors import WorkbenchError

BINS = 64  # frequencies each way; filters are surrounded by zeros, which changes no energy


@dataclass(frozen=True)
class Spectra:
    """Power spectra of filters. Frequencies are cycles a pixel of the input, at most one half."""

    power: Tensor  # (C, n, n) share of the filter's energy, frequency 0 in the middle
    frequency: Tensor  # (n,) of the bins, for rows and columns alike, ascending
    peak: Tensor  # (C,) frequency of the grating that excites the filter most; 0 for a blob
    orientation: Tensor  # (C,) in [0, π): 0 for a vertical edge, π/2 for a level one
    colour: Tensor  # (C,) share of the energy that a grey image never meets
    energy: Tensor  # (C,) sum of squared weights
    aliased: Tensor  # (C,) share of the energy at frequencies that the stride cannot carry
    limit: float  # the highest that it can, 1 / (2 · stride)

    @property
    def mean_frequency(self) -> Tensor:
        """(C,) of the energy, in cycles a pixel; 0 for a filter of zeros."""
        radius = torch.hypot(self.frequency[:, None], self.frequency[None, :])
        return torch.einsum("cij,ij->c", self.power, radius)

    @property
    def aliased_energy(self) -> float:
        """Share of all filters' energy that their stride cannot carry; 0 where there is none."""
        total = float(self.energy.sum())
        return float((self.aliased * self.energy).sum()) / total if total else 0.0


def spectra(weight: Tensor, stride: int, *, bins: int = BINS) -> Spectra:
    """The spectra of a first layer's filters beside the limit that its stride sets.

    A map that keeps every s-th place holds gratings of up to 1 / (2s) cycles a pixel each way.
    What a filter lets through beyond comes back as a coarser grating that is not in the image.
    So a stride of 4 wants filters that are smooth over 8 px; where they are not, the layer was
    given too large a stride for what it has learned.

    Args:
        weight: (C, K, h, w); K planes of colour, whose energies add up.
        stride: Of the layer, in pixels.
        bins: Frequencies each way, an even number.

    Raises:
        WorkbenchError: If a filter is larger than the bins, or the weights are not finite.

    Source: Zeiler & Fergus 2013, section 4.1: stride 4 causes aliasing artefacts in the second
    layer (figure 6). The share of energy is ours; the limit is Nyquist's.
    """
    if max(weight.shape[2:]) > bins:
        raise WorkbenchError(
            f"Filters of {weight.shape[2]}×{weight.shape[3]} px need more than {bins} frequencies "
            "each way."
        )
    weight = weight.detach().double().cpu()
    if not weight.isfinite().all():
        raise WorkbenchError(
            "Some weights of the first layer are not finite: they have no spectrum. Choose an "
            "earlier epoch."
        )
    energy = weight.square().sum((1, 2, 3))
    transformed = torch.fft.fft2(weight, s=(bins, bins))
    power = torch.fft.fftshift(transformed.abs().square().sum(1), dim=(1, 2))
    whole = power.sum((1, 2), keepdim=True)
    power = torch.where(whole > 0, power / whole, 0.0)
    frequency = torch.fft.fftshift(torch.fft.fftfreq(bins, dtype=torch.float64))
    limit = 1 / (2 * stride)
    carried = (frequency.abs() <= limit).double()
    aliased = 1 - torch.einsum("cij,i,j->c", power, carried, carried)
    peak, orientation = _peaks(power, frequency)
    return Spectra(
        power=power,
        frequency=frequency,
        peak=peak,
        orientation=orientation,
        colour=_colour(weight, energy),
        energy=energy,
        aliased=aliased.clamp(0, 1) * (energy > 0),
        limit=limit,
    )


def _peaks(power: Tensor, frequency: Tensor) -> tuple[Tensor, Tensor]:
    """Radius and angle of the strongest bin of each spectrum."""
    bins = len(frequency)
    place = power.flatten(1).argmax(1)
    down, right = frequency[place // bins], frequency[place % bins]
    return torch.hypot(down, right), torch.atan2(down, right) % torch.pi


def _colour(weight: Tensor, energy: Tensor) -> Tensor:
    """What is left of the energy without the mean over the planes."""
    grey = weight.mean(1).square().sum((1, 2)) * weight.shape[1]
    return torch.where(energy > 0, (1 - grey / energy).clamp(0, 1), 0.0)
