"""Are stride and filter size right: what a network's first layers do, measured.

Zeiler & Fergus looked at the first two layers of Krizhevsky's network, saw filters of very high
and very low frequency with little between, dead ones, and aliasing artefacts in the second layer,
and changed 11×11 at stride 4 into 7×7 at stride 2 (section 4.1, figure 6). Here the same is
counted; `viz.diagnosis.findings` says it in words.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from torch import nn

from training.errors import WorkbenchError
from training.models import Network
from training.progress import Progress, silent
from viz.network.gabor import Gabors, gabors
from viz.network.images import SplitImages
from viz.network.responses import Responses, responses
from viz.network.shifts import DIRECTIONS, FARTHEST, ShiftAgreement, shift_agreement
from viz.network.spectra import Spectra, spectra
from viz.store.cache import Arrays, from_arrays, to_arrays

MID = (0.1, 0.25)  # cycles a pixel: periods of 4 to 10 px
MOVED_IMAGES = 256  # looked at for shifts; each takes 33 forward passes


@dataclass(frozen=True)
class Diagnosis:
    """What was measured of one network."""

    layer: str  # the first convolution
    kernel: int
    stride: int
    spectra: Spectra
    gabors: Gabors
    layers: tuple[str, ...]  # rectified maps, from the image up
    responses: tuple[Responses, ...]  # of each of these
    shifts: ShiftAgreement

    def bands(self) -> tuple[float, float, float]:
        """Shares of the filters whose strongest grating is coarse, of middling width, and fine."""
        low, high = MID
        peak = self.spectra.peak[self.spectra.energy > 0]
        if not len(peak):
            return 0.0, 0.0, 0.0
        coarse, fine = (peak < low).double().mean(), (peak > high).double().mean()
        return float(coarse), float(1 - coarse - fine), float(fine)


def diagnose(network: Network, images: SplitImages, *, progress: Progress = silent) -> Diagnosis:
    """Measure a network: its first filters, the responses of all rectified maps, and shifts.

    Args:
        network: In evaluation mode.
        images: To look at; shifts are tried on at most 256 of them, evenly spread.
        progress: Told (forward passes done, forward passes).

    Raises:
        WorkbenchError: If the first layer is no convolution of an image, or has no finite weights.
    """
    layer = network.convolutions[0]
    convolution = network.layers[layer]
    if not isinstance(convolution, nn.Conv2d):
        raise WorkbenchError(f"{layer} is no convolution of the usual kind: nothing to diagnose.")
    weight, stride = convolution.weight, convolution.stride[0]
    seen = spectra(weight, stride)
    chosen = np.linspace(0, len(images) - 1, min(len(images), MOVED_IMAGES)).round().astype(int)
    each = 1 + FARTHEST * len(DIRECTIONS)
    total = len(images) + each * len(chosen)
    layers = rectified(network)
    answers = responses(
        network, images, layers, progress=lambda done, _total: progress(done, total)
    )
    moved = shift_agreement(
        network,
        images.split.images[chosen],
        images.preprocess,
        progress=lambda done, _total: progress(len(images) + each * done, total),
    )
    return Diagnosis(
        layer=layer,
        kernel=convolution.kernel_size[0],
        stride=stride,
        spectra=seen,
        gabors=gabors(weight),
        layers=tuple(layers),
        responses=tuple(answers[name] for name in layers),
        shifts=moved,
    )


def rectified(network: Network) -> list[str]:
    """The maps to judge: those after each rectifier, from the image up."""
    layers = network.layers
    return [name for name in network.geometry if isinstance(layers[name], nn.ReLU)]


def as_arrays(diagnosis: Diagnosis) -> Arrays:
    """Everything by name: spectra_power, relu1_active, shifts_agreement …"""
    arrays: Arrays = {
        name: np.array(getattr(diagnosis, name)) for name in ("layer", "kernel", "stride", "layers")
    }
    parts = {"spectra": diagnosis.spectra, "gabors": diagnosis.gabors, "shifts": diagnosis.shifts}
    parts |= dict(zip(diagnosis.layers, diagnosis.responses, strict=True))
    for prefix, part in parts.items():
        arrays |= {f"{prefix}_{name}": array for name, array in to_arrays(part).items()}
    return arrays


def as_diagnosis(arrays: Arrays) -> Diagnosis:
    """The diagnosis again."""

    def part(kind: type, prefix: str) -> object:
        return from_arrays(
            kind, {field.name: arrays[f"{prefix}_{field.name}"] for field in fields(kind)}
        )

    layers = tuple(arrays["layers"].tolist())
    return Diagnosis(
        layer=arrays["layer"].item(),
        kernel=int(arrays["kernel"]),
        stride=int(arrays["stride"]),
        spectra=part(Spectra, "spectra"),  # type: ignore[arg-type]
        gabors=part(Gabors, "gabors"),  # type: ignore[arg-type]
        layers=layers,
        responses=tuple(part(Responses, layer) for layer in layers),  # type: ignore[misc]
        shifts=part(ShiftAgreement, "shifts"),  # type: ignore[arg-type]
    )
